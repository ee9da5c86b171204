delete from credential
 where account = $1 and kind = $2
