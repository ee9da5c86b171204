select version, change
  from res
 where key = $1
