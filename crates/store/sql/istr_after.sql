select branch, v, key
  from istr
 where (branch, v, key) > ($1, $2, $3)
 order by branch, v, key
 limit $4
