insert into decoy (kind, id, at, who)
values ($1, $2, $3, $4)
    on conflict (kind, id) do nothing
