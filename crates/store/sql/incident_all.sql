select id, version, opened, closed, body
  from incident
 order by opened desc, id
 limit $1
