select key, version, body
  from res
 where key > $1
 order by key
 limit $2
