select count(*)
  from account
 where state = 1
   and ' ' || roles || ' ' like '% administrator %'
