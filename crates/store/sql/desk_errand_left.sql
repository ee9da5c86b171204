select id
  from desk_errand
 where state = 3
 order by id
 limit 100
