select id, subject, sealed, made
  from person_key
 where account = $1 and ended is null
 order by made desc, id desc
 limit 1
