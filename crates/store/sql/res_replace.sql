update res
   set version = $1, updated = $2, change = $3, ord = $4, body = $5
 where key = $6 and version = $7
