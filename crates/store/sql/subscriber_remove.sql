delete from subscriber
 where id = $1
