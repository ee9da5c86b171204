select label
  from label
 where label = $1
 limit 1
