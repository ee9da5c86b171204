update desk_duty
   set owner = $1
 where id = $2 and done is null
