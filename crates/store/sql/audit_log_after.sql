select seq, at, body, mark, leaf
  from audit_log
 where seq > $1
 order by seq
 limit $2
