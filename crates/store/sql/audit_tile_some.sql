select hash
  from audit_tile
 where level = $1
   and n >= $2
   and n < $3
 order by n
 limit 256
