insert into session (hash, id, account, created, seen, ends, state, strength, stepped_up, address, agent, device)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
