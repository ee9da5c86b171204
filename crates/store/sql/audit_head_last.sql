select size, at, note
  from audit_head
 order by size desc
 limit 1
