delete from credential
 where id = $1
