select seq, body
  from audit_log
 where seq > $1 and seq <= $2
 order by seq
