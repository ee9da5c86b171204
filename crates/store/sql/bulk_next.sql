select id
  from bulk
 where state = 0
 order by at
 limit 1
