delete from recovery
 where account = $1
