select id, patient_id, reason, since, until, set_by
  from hold
 where patient = $1 and lifted is null and (until is null or until > $2)
 order by since, id
