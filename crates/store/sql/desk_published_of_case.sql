select id, at, withdrawn, body
  from desk_published
 where case_id = $1
 order by at desc, id desc
 limit 1
