insert into launch (hash, account, client, patient, encounter, ends)
values ($1, $2, $3, $4, $5, $6)
