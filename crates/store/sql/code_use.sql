update code
   set used = $1
 where hash = $2 and used is null
