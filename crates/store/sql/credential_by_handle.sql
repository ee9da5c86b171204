select id, account, kind, label, secret, handle, counter, created, used
  from credential
 where handle = $1
