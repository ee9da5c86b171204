update break_glass
   set escalated = $1
 where id = $2
