select id, account, name, patient_id, reason, detail, opened, ends, due, reviewed, reviewer, finding, note
  from break_glass
 order by opened desc, id
 limit $1
