select seq
  from audit_log
 where seq > $1
   and seq < $2
 order by seq desc
 limit $3
