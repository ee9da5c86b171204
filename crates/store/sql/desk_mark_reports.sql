select r.id, r.case_id, r.at, r.rank, r.credit, r.credit_name, r.body
  from desk_report r
 where r.case_id = $1
   and exists (select 1
                 from desk_mark other
                 join desk_mark mine on mine.mark = other.mark
                where other.report = r.id and mine.report = $2)
 order by r.at, r.id
 limit $3
