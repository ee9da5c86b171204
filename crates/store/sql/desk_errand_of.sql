select errand, at, state, tries, due, said
  from desk_errand
 where case_id = $1
 order by at, id
 limit 200
