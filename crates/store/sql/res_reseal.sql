update res
   set body = $1
 where key = $2 and version = $3
