insert into inum (branch, lo, hi, unit, key)
values ($1, $2, $3, $4, $5)
