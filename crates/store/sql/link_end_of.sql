update link
   set used = $1
 where account = $2 and used is null
