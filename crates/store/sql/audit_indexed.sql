select upto, old
  from audit_indexed
 where one = 1
