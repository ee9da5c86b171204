insert into consent (id, account, client, scopes, patient, made, ends)
values ($1, $2, $3, $4, $5, $6, $7)
