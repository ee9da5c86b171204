update account
   set must_enrol = $1
 where id = $2
