select seq
  from audit_out
 order by seq desc
 limit 1
