select origins
  from client
 where disabled is null and origins is not null
 limit 10000
