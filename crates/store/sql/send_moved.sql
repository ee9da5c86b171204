update audit_send
   set seq = $1, sent = $2, tries = 0, failed = null, error = null
 where target = $3 and seq <= $1
