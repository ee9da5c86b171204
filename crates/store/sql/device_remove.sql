delete from device
 where account = $1 and hash = $2
