update erasure
   set state = $1, ended = $2, ended_by = $3, resources = $4, versions = $5, left_over = $6
 where id = $7 and state = 1
