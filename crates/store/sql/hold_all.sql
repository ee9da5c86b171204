select id, patient_id, reason, since, until, set_by
  from hold
 where lifted is null and (until is null or until > $1)
 order by since, id
 limit $2
