update notice
   set seen = $1
 where account = $2 and seen is null
