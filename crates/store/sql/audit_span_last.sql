select max(n)
  from audit_span
 where earliest <= $1
