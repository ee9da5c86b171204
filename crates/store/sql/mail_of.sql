select id, kind, account, address, detail, null, made, until, tries, ended, failure
  from mail
 where state = $1
 order by made desc, id
 limit $2
