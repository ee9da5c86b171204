insert into recheck (id, opened, due)
values ($1, $2, $3)
