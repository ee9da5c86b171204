insert into audit_who (who, seq)
values ($1, $2)
on conflict do nothing
