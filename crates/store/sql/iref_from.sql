select key
  from iref
 where v = $1 and branch = $2
 limit 100
