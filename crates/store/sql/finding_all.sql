select id, decision, first, since, due, until, version, body
  from finding
 order by advisory, vulnerability, component
 limit 10000
