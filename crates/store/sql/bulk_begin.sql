update bulk
   set at = $1
 where id = $2 and state = 0
