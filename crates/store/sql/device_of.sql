select hash, label, first_seen, last_seen
  from device
 where account = $1
 order by last_seen desc
 limit 200
