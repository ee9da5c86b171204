insert into event (sub, number, at, kind, id, version)
values ($1, $2, $3, $4, $5, $6)
