insert into audit_head (size, at, note)
values ($1, $2, $3)
    on conflict (size) do nothing
