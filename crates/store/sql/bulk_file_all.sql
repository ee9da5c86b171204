select number, kind, count, marked
  from bulk_file
 where bulk = $1
 order by number
