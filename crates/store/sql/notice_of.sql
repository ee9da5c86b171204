select id, kind, at, detail, seen
  from notice
 where account = $1
 order by at desc, id desc
 limit 200
