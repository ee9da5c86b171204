select count(*)
  from account
 where id <> $1
   and state = 1
   and (not_after is null or not_after > $2)
   and ' ' || roles || ' ' like '% administrator %'
