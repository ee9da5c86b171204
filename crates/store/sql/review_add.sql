insert into audit_review (week, at, who, note)
values ($1, $2, $3, $4)
    on conflict (week) do nothing
