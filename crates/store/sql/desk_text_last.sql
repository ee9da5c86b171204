select number, at, who, hash, body
  from desk_text
 where case_id = $1
 order by number desc
 limit 1
