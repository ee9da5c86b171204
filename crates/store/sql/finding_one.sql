select id, decision, first, since, due, until, version, body
  from finding
 where id = $1
