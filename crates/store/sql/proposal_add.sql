insert into proposal (id, act, account, detail, version, asker, asker_name, reason, made, ends, outcome)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)
