insert into audit_kind (kind, seq)
values ($1, $2)
on conflict do nothing
