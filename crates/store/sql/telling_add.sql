insert into telling (id, kind, whom, about, since, due)
values ($1, $2, $3, $4, $5, $6)
