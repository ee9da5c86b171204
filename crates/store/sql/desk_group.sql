select id, email
  from account
 where state = 1
   and email is not null
   and ' ' || roles || ' ' like $1
 order by id
 limit 200
