delete from identity
 where id = $1 and account = $2
