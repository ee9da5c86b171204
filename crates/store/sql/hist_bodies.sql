select key, version, body
  from hist
 where (key, version) > ($1, $2)
 order by key, version
 limit $3
