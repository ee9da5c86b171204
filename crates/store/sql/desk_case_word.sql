update desk_case
   set words = $1
 where id = $2
