update duty
   set told = $1
 where id = $2
