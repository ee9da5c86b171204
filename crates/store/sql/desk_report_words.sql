update desk_report
   set subject = $1, words = $2
 where id = $3
