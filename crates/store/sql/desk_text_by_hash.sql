select body
  from desk_text
 where case_id = $1 and hash = $2
 order by number desc
 limit 1
