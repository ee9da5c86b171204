select f.name, f.kind, f.sealed
  from desk_file f
  join desk_report r on r.id = f.report
 where r.case_id = $1 and f.report = $2 and f.number = $3
