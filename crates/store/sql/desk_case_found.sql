with found as (
  select c.id, c.opened, c.changed, c.stage, c.severity, c.title, c.taken, c.due,
         case cast($1 as text)
           when 'opened' then -c.opened
           when 'idle' then c.changed
           when 'due' then coalesce(c.due, 9000000000000000)
           when 'severity' then
             case c.severity when 'Critical' then 0 when 'High' then 1 when 'Medium' then 2 when 'Low' then 3 else 4 end
           else -c.changed
         end as place
    from desk_case c
   where (cast($2 as text) = 'any' or ($2 = 'mine' and c.taken = 1) or ($2 = 'new' and c.taken = 0))
     and (c.taken = 0 or exists (select 1 from desk_party p where p.account = $3 and p.case_id = c.id))
     and (cast($4 as text) = 'any' or c.stage = $4
          or ($4 = 'open' and c.stage not in ('closed', 'rejected', 'merged', 'transferred')))
     and (cast($5 as text) = 'any' or coalesce(c.severity, 'none') = $5)
     and (cast($6 as text) = 'any' or ($6 = 'none' and c.due is null)
          or ($6 = 'over' and c.due < cast($7 as bigint))
          or ($6 = 'soon' and c.due >= $7 and c.due < cast($8 as bigint)))
     and c.words like $9 escape '!'
     and c.words like $10 escape '!'
     and c.words like $11 escape '!'
     and c.words like $12 escape '!'
)
select id, opened, changed, stage, severity, title, taken, due, place, (select count(*) from found)
  from found
 where place > cast($13 as bigint) or (place = $13 and id > cast($14 as text))
 order by place, id
 limit $15
