insert into desk_case (id, opened, changed, seq, stage, severity, title, due, taken)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
