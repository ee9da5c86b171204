insert into desk_installation (id, state, first, last, sealed)
values ($1, 0, $2, $3, $4)
    on conflict (id) do update set last = excluded.last, sealed = excluded.sealed
