select id, sealed
  from signing_key
 where id > $1
 order by id
 limit $2
