update account
   set roles = $1,
       version = version + 1
 where id = $2
