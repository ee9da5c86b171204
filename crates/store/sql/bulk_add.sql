insert into bulk (id, client, scopes, patient, level, query, request, at, state, error, expires)
values ($1, $2, $3, $4, $5, $6, $7, $8, 0, null, $9)
