insert into desk_event (case_id, seq, at, body)
values ($1, $2, $3, $4)
