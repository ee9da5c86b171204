update desk_duty
   set what = $1,
       covers = $2
 where id = $3 and done is null
