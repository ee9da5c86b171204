select patient
  from part
 where key = $1
