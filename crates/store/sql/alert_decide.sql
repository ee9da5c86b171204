update alert
   set decided = $1, decided_by = $2, note = $3, incident = $4
 where id = $5 and decided is null
