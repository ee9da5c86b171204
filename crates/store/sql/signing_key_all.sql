select id, sealed, made
  from signing_key
 where retired is null
 order by made desc, id desc
 limit 16
