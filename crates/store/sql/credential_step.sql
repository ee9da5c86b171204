update credential
   set counter = $1,
       used = $2
 where id = $3 and counter < $1
