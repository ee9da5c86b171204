update approval
   set decision = $1,
       decided = $2
 where id = $3 and decision = $4
