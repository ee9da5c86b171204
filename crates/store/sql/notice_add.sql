insert into notice (id, account, kind, at, detail)
values ($1, $2, $3, $4, $5)
