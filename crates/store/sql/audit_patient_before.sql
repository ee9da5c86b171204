select seq
  from audit_patient
 where patient = $1
   and seq > $2
   and seq < $3
 order by seq desc
 limit $4
