insert into part (key, patient)
values ($1, $2)
