select id
  from desk_case
 where scheduled <= $1
 order by scheduled, id
 limit 500
