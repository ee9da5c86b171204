select v, branch, ord, key
  from iref
 where (v, branch, ord, key) > ($1, $2, $3, $4)
 order by v, branch, ord, key
 limit $5
