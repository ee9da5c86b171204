update recheck_item
   set decision = $1,
       decided = $2,
       decided_by = $3
 where recheck = $4 and account = $5 and decision = 0
