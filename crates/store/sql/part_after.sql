select key, patient
  from part
 where (key, patient) > ($1, $2)
 order by key, patient
 limit $3
