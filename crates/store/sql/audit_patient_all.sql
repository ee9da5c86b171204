select patient, seq
  from audit_patient
 where (patient, seq) > ($1, $2)
 order by patient, seq
 limit $3
