insert into desk_report (id, case_id, at, token, print, rank, credit, credit_name, body, sender, subject, words)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
