update client
   set disabled = $1
 where id = $2
