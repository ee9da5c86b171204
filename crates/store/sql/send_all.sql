select target, seq, began, sent, tries, failed, error
  from audit_send
 order by target
 limit 1000
