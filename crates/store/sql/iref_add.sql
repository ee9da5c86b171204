insert into iref (v, branch, ord, key)
values ($1, $2, $3, $4)
