insert into token (hash, client, scopes, patient, expires, family)
values ($1, $2, $3, $4, $5, $6)
