update recovery
   set used = $1
 where account = $2 and hash = $3 and used is null
