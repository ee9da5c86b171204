select who, seq
  from audit_who
 where (who, seq) > ($1, $2)
 order by who, seq
 limit $3
