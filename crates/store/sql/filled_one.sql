select at
  from filled
 where name = $1
