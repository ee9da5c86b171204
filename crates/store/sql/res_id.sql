select id
  from res
 where key = $1
