select hash
  from session
 where account = $1
 order by created desc
 limit 1 offset $2
