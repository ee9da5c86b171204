update audit_indexed
   set upto = $1
 where one = 1
