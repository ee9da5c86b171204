select r.kind, r.id
  from part p join res r on r.key = p.key
 where p.patient = $1
   and exists (select 1 from part o where o.key = p.key and o.patient <> p.patient)
 order by r.kind, r.id
 limit $2
