select key
  from res
 where substr(body, 4, 9) = $1 and substr(body, 1, 1) = $2
union
select h.key
  from hist h join res r on r.key = h.key
 where r.change = 2 and substr(h.body, 4, 9) = $1 and substr(h.body, 1, 1) = $2
union
select p.key
  from part p
 where p.patient = $3
   and not exists (select 1 from part o where o.key = p.key and o.patient <> p.patient)
