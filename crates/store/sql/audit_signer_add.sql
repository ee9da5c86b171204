insert into audit_signer (number, since, made, seed, handover)
values ($1, $2, $3, $4, $5)
