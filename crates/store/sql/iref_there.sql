select key
  from iref
 where v = $1 and branch = $2 and ord = $3 and key = $4
