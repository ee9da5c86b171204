select id, sealed, made, retired
  from signing_key
 where retired is null or retired > $1
 order by made desc, id desc
 limit 16
