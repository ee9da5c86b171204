update account
   set state = $1,
       version = version + 1
 where id = $2
