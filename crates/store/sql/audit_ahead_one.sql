select mark, number, place
  from audit_ahead
 where one = 1
