select id, thread, at, who, body
  from desk_letter
 where case_id = $1
 order by at, id
