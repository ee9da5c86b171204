select key
  from res
 order by key desc
 limit 1
