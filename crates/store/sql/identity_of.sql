select id, account, issuer, expected, subject, created, used
  from identity
 where account = $1
 order by created, id
 limit 100
