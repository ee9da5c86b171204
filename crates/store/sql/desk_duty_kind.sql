select id
  from desk_duty
 where kind = $1 and done is null
 order by due, id
 limit 1
