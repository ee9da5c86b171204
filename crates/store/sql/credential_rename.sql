update credential
   set label = $1
 where id = $2
