insert into found (place, what, mend, first_at, last_at)
values ($1, $2, $3, $4, $4)
on conflict (place, what) do update
   set last_at = excluded.last_at
