select count(*)
  from notice
 where account = $1 and seen is null
