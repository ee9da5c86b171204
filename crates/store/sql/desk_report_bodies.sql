select id, case_id, body
  from desk_report
 where words = ''
 limit 100000
