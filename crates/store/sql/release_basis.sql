select source
  from deny
 where patient = $1 and permit = 2 and purpose = $2 and actor in (0, $3) and since <= $4 and until > $4
 order by actor desc, source
 limit 1
