delete from notice
 where at < $1
