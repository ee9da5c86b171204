select branch, lo, hi, key
  from idat
 where (branch, lo, hi, key) > ($1, $2, $3, $4)
 order by branch, lo, hi, key
 limit $5
