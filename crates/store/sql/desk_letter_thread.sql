select id, thread, at, who, body
  from desk_letter
 where thread = $1
 order by at, id
