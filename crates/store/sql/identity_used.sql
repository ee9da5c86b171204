update identity
   set used = $1
 where id = $2
