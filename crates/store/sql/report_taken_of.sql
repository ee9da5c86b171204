select at, who, form
  from report_taken
 where made = $1
 order by at
 limit 500
