select min(at), max(at)
  from audit_log
 where seq > $1
   and seq <= $2
