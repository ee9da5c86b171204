insert into bulk_file (bulk, number, kind, count, items, marked)
select id, cast($1 as bigint), cast($2 as integer), cast($3 as bigint), cast($4 as text), cast($5 as integer)
  from bulk
 where id = $6 and state = 0
