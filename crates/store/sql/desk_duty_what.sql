update desk_duty
   set what = $1
 where id = $2 and done is null
