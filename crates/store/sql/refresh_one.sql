select family, ends, used
  from refresh
 where hash = $1
