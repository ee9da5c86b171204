select id, account, person, patient_id, patient
  from break_glass
 where id > $1
 order by id
 limit $2
