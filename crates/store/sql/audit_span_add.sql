insert into audit_span (n, earliest, latest)
values ($1, $2, $3)
    on conflict (n) do nothing
