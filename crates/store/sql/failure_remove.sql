delete from failure
 where kind = $1 and name = $2
