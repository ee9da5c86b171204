update finding
   set decision = $1,
       since = $2,
       due = $3,
       until = $4,
       version = version + 1,
       body = $5
 where id = $6
   and version = $7
