select id, account, name, patient_id, reason, detail, opened, ends, due, reviewed, reviewer, finding, note
  from break_glass
 where (reviewed is null or finding = 3) and due < $1 and escalated is null
 order by due, id
 limit $2
