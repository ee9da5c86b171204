select id, version, opened, closed, body
  from incident
 where id = $1
