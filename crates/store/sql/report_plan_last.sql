update report_plan
   set last = $1
 where id = $2 and last < $3
