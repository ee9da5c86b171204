insert into refresh (hash, family, made, ends)
values ($1, $2, $3, $4)
