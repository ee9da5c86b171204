insert into audit_ahead (one, mark, number, place)
values (1, $1, $2, $3)
on conflict (one) do update
   set mark = excluded.mark, number = excluded.number, place = excluded.place
