insert into incident (id, version, opened, body)
values ($1, 1, $2, $3)
