insert into witnessed (origin, size, root, at)
values ($1, $2, $3, $4)
on conflict (origin) do update
   set size = excluded.size,
       root = excluded.root,
       at = excluded.at
