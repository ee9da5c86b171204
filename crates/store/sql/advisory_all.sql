select body
  from advisory
 order by id
 limit 5000
