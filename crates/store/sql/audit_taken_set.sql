update taken
   set seq = $1
 where one = 1
