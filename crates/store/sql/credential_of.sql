select id, account, kind, label, secret, counter, created, used
  from credential
 where account = $1
 order by created, id
