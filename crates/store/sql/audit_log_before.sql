select seq, at, body
  from audit_log
 where seq < $1
 order by seq desc
 limit $2
