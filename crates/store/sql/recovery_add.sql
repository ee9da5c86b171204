insert into recovery (account, hash, created)
values ($1, $2, $3)
