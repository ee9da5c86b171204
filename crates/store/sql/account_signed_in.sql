update account
   set signed_in = $1
 where id = $2
