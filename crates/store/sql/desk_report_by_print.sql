select r.id, r.case_id
  from desk_report r
 where r.print = $1
   and exists (select 1
                 from desk_case c
                where c.id = r.case_id and c.stage <> 'closed' and c.stage <> 'rejected' and c.stage <> 'merged'
                  and c.stage <> 'transferred')
 order by r.at, r.id
 limit 1
