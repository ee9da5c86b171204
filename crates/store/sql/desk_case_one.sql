select id, opened, changed, stage, severity, title, taken, due
  from desk_case
 where id = $1
