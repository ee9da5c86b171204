insert into desk_errand (id, case_id, errand, at, state, tries, due, said)
values ($1, $2, $3, $4, 0, 0, $4, '')
