select min(n)
  from audit_span
 where latest >= $1
