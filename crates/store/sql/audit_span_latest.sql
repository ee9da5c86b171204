select max(latest)
  from audit_span
 where n >= $1
