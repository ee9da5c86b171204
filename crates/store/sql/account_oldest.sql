select min(created)
  from account
