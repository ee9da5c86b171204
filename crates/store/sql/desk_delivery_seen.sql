update desk_delivery
   set seen = $1
 where token = $2
