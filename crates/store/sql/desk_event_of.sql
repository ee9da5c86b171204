select body
  from desk_event
 where case_id = $1
 order by seq
