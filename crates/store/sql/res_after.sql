select key, version, kind, id, updated, change, body
  from res
 where key > $1
 order by key
 limit $2
