update hold
   set lifted = $1, lifted_by = $2
 where id = $3 and lifted is null
