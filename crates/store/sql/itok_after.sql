select branch, v, ord, key, sys
  from itok
 where (branch, v, ord, key, sys) > ($1, $2, $3, $4, $5)
 order by branch, v, ord, key, sys
 limit $6
