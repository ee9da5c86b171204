select id, at, withdrawn, body
  from desk_published
 where id = $1
