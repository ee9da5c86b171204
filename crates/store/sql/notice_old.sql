select count(*)
  from notice
 where at < $1
