insert into credential (id, account, kind, label, secret, handle, counter, created)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing
