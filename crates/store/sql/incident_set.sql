update incident
   set version = version + 1, closed = $1, body = $2
 where id = $3 and version = $4 and closed is null
