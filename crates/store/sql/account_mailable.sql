select id, email, case when user_name = $1 then 1 else 0 end
  from account
 where state = 1
   and email is not null
   and (user_name = $1 or lower(email) = $2)
   and (not_after is null or not_after > $3)
 order by 3 desc, id
 limit 2
