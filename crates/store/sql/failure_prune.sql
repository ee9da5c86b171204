delete from failure
 where last < $1 and until < $1
