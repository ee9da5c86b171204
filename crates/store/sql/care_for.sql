select actor
  from care
 where actor = $1 and patient = $2 and since <= $3 and until > $3
 limit 1
