update desk_duty
   set done = $1, done_by = $2, evidence = $3
 where origin = $4 and done is null
