select id, version, title, form, body, labels, at, who, removed
  from own_role
 where id = $1
 order by version desc
 limit 1000
