select label
  from label
 where label = $1 and key = $2
