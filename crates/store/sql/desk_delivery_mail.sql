update desk_delivery
   set mail = $1
 where token = $2
