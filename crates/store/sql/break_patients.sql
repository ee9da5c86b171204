select patient
  from break_glass
 where person = $1 and opened <= $2 and ends > $2
 limit 1000
