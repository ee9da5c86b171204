insert into itok (branch, v, ord, key, sys)
values ($1, $2, $3, $4, $5)
