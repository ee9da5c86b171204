select since, until
  from care
 where actor = $1 and patient = $2
