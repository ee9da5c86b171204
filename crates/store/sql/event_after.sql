select number, at, kind, id, version
  from event
 where sub = $1 and number > $2
 order by number
 limit $3
