select id, kind, whom, about, since, due, ended, outcome, note, who
  from telling
 order by ended is not null, due, id
 limit 2000
