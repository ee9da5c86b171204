select id, kind, account, address, detail, secret, made, until, tries, ended, failure
  from mail
 where state = 0 and due <= $1
 order by due, id
 limit $2
