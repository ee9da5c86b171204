update insider_case
   set outcome = $1, decided = $2, decided_by = $3, note = $4
 where id = $5 and outcome is null
