select max(made)
  from mail
 where kind = $1
