update credential
   set secret = $1,
       counter = $2,
       used = $3
 where id = $4 and counter = $5
