delete from assertion
 where expires < $1
