delete from token
 where expires < $1
