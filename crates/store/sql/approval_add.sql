insert into approval (id, account, session, number, address, agent, made, ends, decision)
values ($1, $2, $3, $4, $5, $6, $7, $8, 0)
