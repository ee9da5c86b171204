delete from failure
 where kind = 3 and name like $1
