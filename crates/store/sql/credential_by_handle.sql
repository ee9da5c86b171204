select id, account, kind, label, secret, counter, created, used
  from credential
 where handle = $1
