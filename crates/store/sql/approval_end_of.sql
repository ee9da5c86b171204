delete from approval
 where account = $1
