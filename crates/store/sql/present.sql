with recursive present (label) as (
  select min(label)
    from label
   union all
  select (select min(l.label) from label l where l.label > p.label)
    from present p
   where p.label is not null
)
select label
  from present
 where label is not null
 union all
select 0
  from (select 1 as one from deny where permit = 0 limit 1) d
