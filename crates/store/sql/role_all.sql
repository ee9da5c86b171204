select id, version, title, form, body, labels, at, who, removed
  from own_role o
 where version = (select max(version) from own_role n where n.id = o.id)
 order by id
 limit 1000
