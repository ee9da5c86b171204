select seq, at, body, link
  from audit
 where seq > $1
 order by seq
 limit $2
