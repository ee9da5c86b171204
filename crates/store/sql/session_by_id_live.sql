select created, ends, stepped_up
  from session
 where id = $1 and account = $2
