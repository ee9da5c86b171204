select first_seen
  from device
 where account = $1 and first_seen >= $2
 limit 200
