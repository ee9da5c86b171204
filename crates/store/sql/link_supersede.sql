update link
   set used = $1
 where account = $2 and kind = $3 and used is null
