update session
   set seen = $1
 where hash = $2 and seen < $1
