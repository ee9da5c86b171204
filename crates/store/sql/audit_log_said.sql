select at, body
  from audit_log
 where seq = $1
