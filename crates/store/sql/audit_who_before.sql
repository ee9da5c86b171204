select seq
  from audit_who
 where who = $1
   and seq > $2
   and seq < $3
 order by seq desc
 limit $4
