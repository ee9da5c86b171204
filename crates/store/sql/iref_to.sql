select i.key, r.kind, r.id
  from iref i
 cross join res r
 where i.v = $1 and r.key = i.key
 limit $2
