insert into label (label, key)
values ($1, $2)
