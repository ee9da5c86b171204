update desk_report
   set verdict = $1
 where id = $2
