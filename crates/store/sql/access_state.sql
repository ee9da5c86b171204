select number
  from access_state
 where id = 1
