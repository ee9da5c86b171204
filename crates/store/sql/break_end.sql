update break_glass
   set ends = $1
 where id = $2 and account = $3 and ends > $4
