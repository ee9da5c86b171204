insert into bulk_file (bulk, number, kind, count, items)
select id, cast($1 as bigint), cast($2 as integer), cast($3 as bigint), cast($4 as text)
  from bulk
 where id = $5 and state = 0
