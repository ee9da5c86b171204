select seq, at, body, mark, leaf
  from audit_log
 where seq = $1
