select mark, count
  from audit_spool
 where one = 1
