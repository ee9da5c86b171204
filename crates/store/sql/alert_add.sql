insert into alert (id, kind, cause, text, first, last, seq, count)
values ($1, $2, $3, $4, $5, $6, $7, $8)
