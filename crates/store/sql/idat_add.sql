insert into idat (branch, lo, hi, key)
values ($1, $2, $3, $4)
