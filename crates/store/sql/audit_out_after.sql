select seq, at, body
  from audit_out
 where seq > $1
 order by seq
 limit $2
