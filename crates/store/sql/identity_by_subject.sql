select id, account, issuer, expected, subject, created, used
  from identity
 where issuer = $1 and subject = $2
