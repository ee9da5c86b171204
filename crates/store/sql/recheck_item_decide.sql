update recheck_item
   set decision = $1,
       decided = $2,
       decided_by = $3,
       reason = $4
 where recheck = $5 and account = $6 and decision = 0
