select patient
  from deny
 where patient = $1 and permit = 0
 limit 1
