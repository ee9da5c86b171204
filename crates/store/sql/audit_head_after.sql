select size, note
  from audit_head
 where size > $1
 order by size
 limit $2
