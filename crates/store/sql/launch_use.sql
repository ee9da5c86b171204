update launch
   set used = $1
 where hash = $2 and used is null
