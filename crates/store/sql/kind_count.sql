select count(*)
  from res
 where kind = $1 and change < 2
