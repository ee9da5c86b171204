select count(*)
  from approval
 where account = $1 and made > $2
