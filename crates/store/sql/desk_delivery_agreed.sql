update desk_delivery
   set agreed = $1
 where token = $2 and agreed is null
