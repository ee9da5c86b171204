insert into finding (id, advisory, vulnerability, component, decision, first, since, due, until, version, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10)
