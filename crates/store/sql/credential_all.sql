select id, account, kind, label, secret, counter, created, used
  from credential
 where id > $1
 order by id
 limit $2
