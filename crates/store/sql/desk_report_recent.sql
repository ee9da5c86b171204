select id, case_id, at, rank, credit, credit_name, body
  from desk_report
 where at >= $1
 order by at, id
 limit $2
