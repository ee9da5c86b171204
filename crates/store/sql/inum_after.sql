select branch, lo, hi, unit, key
  from inum
 where (branch, lo, hi, unit, key) > ($1, $2, $3, $4, $5)
 order by branch, lo, hi, unit, key
 limit $6
