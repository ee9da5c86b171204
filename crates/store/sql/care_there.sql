select actor
  from care
 where actor = $1 and patient = $2 and source = $3 and since = $4 and until = $5
