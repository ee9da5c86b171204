insert into inum (branch, v, unit, key)
values ($1, $2, $3, $4)
