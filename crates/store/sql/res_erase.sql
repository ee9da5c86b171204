delete from res
 where key = $1
