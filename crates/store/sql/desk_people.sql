select id, user_name, display
  from account
 where state = 1
 order by user_name
 limit 500
