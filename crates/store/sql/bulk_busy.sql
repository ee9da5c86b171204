select count(*)
  from bulk
 where client = $1 and state = 0
