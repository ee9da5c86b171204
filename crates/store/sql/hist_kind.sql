select key, version, kind, id, updated, change, body
  from hist
 where kind = $1 and (updated, key, version) < ($2, $3, $4)
 order by updated desc, key desc, version desc
 limit $5
