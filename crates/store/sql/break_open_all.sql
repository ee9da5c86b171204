select id, account, name, patient_id, reason, detail, opened, ends, due, reviewed, reviewer, finding, note
  from break_glass
 where ends > $1
 order by ends
 limit 1000
