insert into link (hash, kind, account, made, ends)
values ($1, $2, $3, $4, $5)
