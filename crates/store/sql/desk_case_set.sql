update desk_case
   set changed = $1, seq = $2, stage = $3, severity = $4, due = $5, taken = $6,
       remind = case when remind <= $1 then remind else $7 end, scheduled = $8,
       acknowledged = $9, fixed = $10, published = $11, patched = $12
 where id = $13 and seq < $2
