select id, report, patient, person, facility, every, who, since, last
  from report_plan
 where ended is null
 order by since
 limit 500
