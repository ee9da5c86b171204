update credential
   set secret = $1
 where id = $2
