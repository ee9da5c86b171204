update desk_case
   set remind = $1
 where id = $2
