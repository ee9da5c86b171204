insert into signing_key (id, sealed, made)
values ($1, $2, $3)
