select id, account, name, patient_id, reason, detail, opened, ends, due, reviewed, reviewer, finding, note
  from break_glass
 where patient = $1
 order by opened desc, id
 limit $2
