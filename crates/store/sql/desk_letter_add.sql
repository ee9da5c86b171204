insert into desk_letter (id, case_id, thread, at, who, body)
values ($1, $2, $3, $4, $5, $6)
