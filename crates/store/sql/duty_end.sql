update duty
   set ended = $1
 where id = $2
   and ended is null
