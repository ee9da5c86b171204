insert into client (id, name, scopes, jwks, created, kind, redirects, launch, contact, secret, audience,
                    short_state, origins)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict do nothing
