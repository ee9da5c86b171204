select kind, items
  from bulk_file
 where bulk = $1 and number = $2
