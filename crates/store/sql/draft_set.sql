insert into draft (session, place, body, at)
values ($1, $2, $3, $4)
on conflict (session) do update
   set place = excluded.place, body = excluded.body, at = excluded.at
