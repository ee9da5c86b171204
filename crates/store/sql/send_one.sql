select target, seq, began, sent, tries, failed, error
  from audit_send
 where target = $1
