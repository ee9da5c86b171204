select id, at, withdrawn, body
  from desk_published
 order by at desc, id desc
 limit $1
