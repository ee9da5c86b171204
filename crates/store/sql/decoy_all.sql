select kind, id
  from decoy
 order by kind, id
 limit 1000
