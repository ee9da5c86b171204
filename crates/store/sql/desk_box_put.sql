insert into desk_box (name, validity, last)
values ($1, $2, $3)
    on conflict (name) do update set validity = excluded.validity, last = excluded.last
