select distinct r.key, r.version, r.kind, r.id, r.updated, r.change, r.body
  from iref i, res r
 where i.v = $1
   and r.key = i.key
   and r.kind in ($2, $3, $4, $5)
 limit 2000
