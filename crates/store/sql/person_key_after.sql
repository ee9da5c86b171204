select id, account, public, sealed
  from person_key
 where id > $1
 order by id
 limit $2
