select id, finding, what, covers, done, done_by
  from desk_duty
 where origin = $1
 order by case when done is null then 0 else 1 end, done desc, id
 limit 5000
