insert into duty (id, kind, name, detail, done, until, digest, made, who)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
