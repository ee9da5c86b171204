update alert
   set text = $1, last = $2, seq = $3, count = count + $4
 where id = $5 and decided is null
