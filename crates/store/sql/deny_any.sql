select patient
  from deny
 limit 1
