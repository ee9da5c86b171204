select id, account, name, patient_id, reason, detail, opened, ends, due, reviewed, reviewer, finding, note
  from break_glass
 where person = $1 and ends > $2
 order by ends
 limit 100
