update bulk
   set state = $1, error = $2, expires = $3
 where id = $4 and state = 0
