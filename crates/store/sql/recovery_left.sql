select count(*)
  from recovery
 where account = $1 and used is null
