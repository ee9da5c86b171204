delete from bulk_file
 where bulk = $1
