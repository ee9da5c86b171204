insert into res (key, kind, id, version, updated, change, ord, body)
values ($1, $2, $3, $4, $5, $6, $7, $8)
