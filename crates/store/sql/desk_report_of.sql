select id, case_id, at, rank, credit, credit_name, body
  from desk_report
 where case_id = $1
 order by at, id
