select count(*)
  from proposal
 where outcome = 0 and ends > $1
