select f.report, f.number, f.name, f.kind, f.size
  from desk_file f
  join desk_report r on r.id = f.report
 where r.case_id = $1
 order by f.report, f.number
