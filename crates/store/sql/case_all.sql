select id, account, name, week, score, reasons, found, outcome, decided, decided_by, note
  from insider_case
 order by week desc, score desc, id
 limit $1
