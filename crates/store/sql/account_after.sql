select id, user_name, roles
  from account
 where id > $1
 order by id
 limit $2
