select email
  from account
 where id = $1 and state = 1 and email is not null
