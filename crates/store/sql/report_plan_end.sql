update report_plan
   set ended = $1
 where id = $2 and ended is null
