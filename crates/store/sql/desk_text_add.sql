insert into desk_text (case_id, number, at, who, hash, body)
values ($1, (select count(*) + 1 from desk_text where case_id = $1), $2, $3, $4, $5)
