select key, version, kind, id, updated, change, body
  from hist
 where key = $1 and version < $2
 order by version desc
 limit $3
