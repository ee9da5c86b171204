update session
   set state = $1
 where hash = $2
