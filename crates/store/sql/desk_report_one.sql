select id, case_id, at, rank, credit, credit_name, body
  from desk_report
 where id = $1
