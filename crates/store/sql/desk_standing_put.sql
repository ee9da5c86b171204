insert into desk_standing (advisory, who, level, since, sealed)
values ($1, $2, $3, $4, $5)
    on conflict (advisory, who) do update set since = excluded.since, sealed = excluded.sealed
