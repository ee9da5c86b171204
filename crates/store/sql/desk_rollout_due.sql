select distinct s.advisory, p.case_id
  from desk_standing s
  join desk_published p on p.id = s.advisory
  join desk_case c on c.id = p.case_id
 where c.stage in ('review', 'closed', 'rejected', 'merged', 'transferred')
 order by s.advisory
 limit 100
