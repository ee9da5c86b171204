select opened, severity, stage, due, acknowledged, fixed, published, patched
  from desk_case
 order by opened, id
 limit 200000
