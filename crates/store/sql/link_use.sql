update link
   set used = $1
 where hash = $2 and used is null and ends > $1
