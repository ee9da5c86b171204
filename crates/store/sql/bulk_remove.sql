delete from bulk
 where id = $1
