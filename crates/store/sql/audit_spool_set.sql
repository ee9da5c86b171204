insert into audit_spool (one, mark, count)
values (1, $1, $2)
on conflict (one) do update
   set mark = excluded.mark, count = excluded.count
