select seq
  from audit_kind
 where kind = $1
   and seq > $2
   and seq < $3
 order by seq desc
 limit $4
