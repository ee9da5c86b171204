select count(*)
  from hist
 where key = $1
