select size, root
  from witnessed
 where origin = $1
