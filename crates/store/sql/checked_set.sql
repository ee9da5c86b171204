insert into checked (what, at, wrong, detail)
values ($1, $2, $3, $4)
on conflict (what) do update
   set at = excluded.at,
       wrong = excluded.wrong,
       detail = excluded.detail
