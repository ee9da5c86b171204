insert into family (id, consent, account, client, scopes, patient, encounter, strength, auth_time, session, jkt, made, ends)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
