update desk_duty
   set reminded = $1
 where id = $2
