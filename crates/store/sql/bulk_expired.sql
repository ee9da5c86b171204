select id
  from bulk
 where expires <= $1
 limit 100
