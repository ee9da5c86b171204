select seq, at
  from audit_log
 order by seq desc
 limit 1
