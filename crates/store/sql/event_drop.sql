delete from event
 where sub = $1
