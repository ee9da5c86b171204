insert into advisory (id, current, body)
values ($1, $2, $3)
    on conflict (id) do update set current = excluded.current, body = excluded.body
