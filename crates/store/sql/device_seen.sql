update device
   set last_seen = $1
 where account = $2 and hash = $3
