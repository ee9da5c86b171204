select case_id
  from desk_published
 where id = $1
