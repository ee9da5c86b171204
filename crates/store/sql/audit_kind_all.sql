select kind, seq
  from audit_kind
 where (kind, seq) > ($1, $2)
 order by kind, seq
 limit $3
