insert into identity (id, account, issuer, expected, created)
values ($1, $2, $3, $4, $5)
on conflict do nothing
