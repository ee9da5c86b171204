insert into assertion (client, jti, expires)
values ($1, $2, $3)
on conflict do nothing
