delete from audit_out
 where seq < $1
