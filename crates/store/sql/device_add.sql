insert into device (account, hash, label, first_seen, last_seen)
values ($1, $2, $3, $4, $4)
on conflict (account, hash) do nothing
