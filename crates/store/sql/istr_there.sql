select key
  from istr
 where branch = $1 and v = $2 and key = $3
