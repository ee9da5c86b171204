update audit_send
   set tries = tries + 1, failed = $1, error = $2
 where target = $3
