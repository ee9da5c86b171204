select distinct r.case_id
  from desk_mark mine
  join desk_mark other on other.mark = mine.mark
  join desk_report r on r.id = other.report
 where mine.report = $1 and r.case_id <> $2 and r.at >= $3
 order by r.case_id desc
 limit $4
