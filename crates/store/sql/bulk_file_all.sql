select number, kind, count
  from bulk_file
 where bulk = $1
 order by number
