update desk_report
   set credit = $1, credit_name = $2
 where token = $3
