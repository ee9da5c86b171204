insert into filled (name, at)
values ($1, $2)
