insert into advisory_feed (id, signed, asked, matched, trouble, told)
values (1, $1, $2, $3, $4, $5)
    on conflict (id) do update
   set signed = excluded.signed,
       asked = excluded.asked,
       matched = excluded.matched,
       trouble = excluded.trouble,
       told = excluded.told
