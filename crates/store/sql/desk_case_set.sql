update desk_case
   set changed = $1, seq = $2, stage = $3, severity = $4, due = $5, taken = $6
 where id = $7 and seq < $2
