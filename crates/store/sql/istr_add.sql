insert into istr (branch, v, key)
values ($1, $2, $3)
