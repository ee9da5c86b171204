select case_id, errand, at, state, tries
  from desk_errand
 where id = $1
