select distinct patient
  from deny
 where permit = 0
 limit $1
