select at
  from import_done
 where digest = $1
