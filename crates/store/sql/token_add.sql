insert into token (hash, client, scopes, patient, expires)
values ($1, $2, $3, $4, $5)
