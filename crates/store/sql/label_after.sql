select label, key
  from label
 where (label, key) > ($1, $2)
 order by label, key
 limit $3
