select m.id, m.since, m.until, m.at, m.size, m.entries, m.more, p.report, p.patient, p.person, p.facility
  from report_made m
  join report_plan p on p.id = m.plan
 order by m.at desc, m.id
 limit 200
