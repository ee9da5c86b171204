select n, earliest, latest
  from audit_span
 where n > $1
 order by n
 limit $2
