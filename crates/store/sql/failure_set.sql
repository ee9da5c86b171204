insert into failure (kind, name, count, last, until)
values ($1, $2, $3, $4, $5)
on conflict (kind, name) do update
   set count = excluded.count,
       last = excluded.last,
       until = excluded.until
