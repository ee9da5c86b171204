select id, account, issuer, expected, subject, created, used
  from identity
 where issuer = $1 and expected = $2 and subject is null
