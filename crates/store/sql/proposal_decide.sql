update proposal
   set outcome = $1,
       decided = $2,
       decider = $3
 where id = $4 and outcome = 0 and ends > $2
