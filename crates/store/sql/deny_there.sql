select patient
  from deny
 where patient = $1 and permit = $2 and source = $3 and rule = $4 and parent = $5 and actor = $6
   and kind = $7 and label = $8 and purpose = $9 and item = $10 and since = $11 and until = $12
