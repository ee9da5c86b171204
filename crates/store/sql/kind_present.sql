select kind
  from res
 where kind >= $1
 order by kind
 limit 1
