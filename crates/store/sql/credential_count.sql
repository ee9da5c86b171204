select count(*)
  from credential
 where account = $1
