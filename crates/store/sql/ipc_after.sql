select patient, branch, v, ord, key, sys
  from ipc
 where (patient, branch, v, ord, key, sys) > ($1, $2, $3, $4, $5, $6)
 order by patient, branch, v, ord, key, sys
 limit $7
