select key
  from part
 where key = $1 and patient = $2
