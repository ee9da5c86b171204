update desk_case
   set title = $1
 where id = $2
