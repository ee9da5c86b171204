select r.id
  from part p, res r
 where p.key = $1
   and r.key = p.patient
