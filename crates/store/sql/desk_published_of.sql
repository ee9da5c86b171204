select id
  from desk_published
 where case_id = $1
 order by id
