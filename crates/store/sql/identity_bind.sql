update identity
   set subject = $1
 where id = $2 and subject is null
