update desk_case
   set changed = $1, seq = $2, stage = $3, severity = $4, due = $5, taken = $6,
       remind = case when remind <= $1 then remind else $7 end, scheduled = $8
 where id = $9 and seq < $2
