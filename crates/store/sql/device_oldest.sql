select hash
  from device
 where account = $1
 order by last_seen desc
 limit 1 offset $2
