select id, kind, what, owner, due, done, done_by, evidence, origin, finding
  from desk_duty
 order by case when done is null then 0 else 1 end, case when done is null then due else -done end, id
 limit 300
