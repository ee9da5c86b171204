update erasure
   set state = 2, ended = $1, ended_by = $2
 where patient = $3 and state = 1
