select id, account, name, patient_id, reason, detail, opened, ends, due, reviewed, reviewer, finding, note
  from break_glass
 where reviewed is null or finding = 3
 order by due, id
 limit $1
