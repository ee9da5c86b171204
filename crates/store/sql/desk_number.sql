insert into desk_number (kind, last)
values ($1, 1)
    on conflict (kind) do update set last = desk_number.last + 1
returning last
