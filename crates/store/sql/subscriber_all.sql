select id
  from subscriber
 order by id
