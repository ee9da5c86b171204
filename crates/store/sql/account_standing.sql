select id, user_name, roles, created, signed_in,
       (select count(*) from credential where credential.account = account.id and kind = 2),
       (select count(*) from credential where credential.account = account.id and kind = 3)
  from account
 where state = 1 and id > $1
 order by id
 limit $2
