insert into client (id, name, scopes, jwks, created)
values ($1, $2, $3, $4, $5)
