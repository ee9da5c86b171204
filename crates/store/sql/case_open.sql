select id, account, name, week, score, reasons, found, outcome, decided, decided_by, note
  from insider_case
 where outcome is null
 order by score desc, week desc, id
 limit $1
