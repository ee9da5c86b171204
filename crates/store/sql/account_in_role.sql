select id
  from account
 where state = 1
   and ' ' || roles || ' ' like $1
 order by id
 limit 1000
