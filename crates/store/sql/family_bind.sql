update family
   set jkt = $1
 where id = $2
