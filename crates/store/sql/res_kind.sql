select key, version, kind, id, updated, change, body
  from res
 where kind = $1 and (updated, key) < ($2, $3)
 order by updated desc, key desc
 limit $4
