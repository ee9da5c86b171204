delete from found
 where last_at < $1
