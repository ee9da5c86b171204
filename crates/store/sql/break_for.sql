select id
  from break_glass
 where person = $1 and patient = $2 and opened <= $3 and ends > $3
 limit 1
