select id, account, name, week, score, reasons, found, outcome, decided, decided_by, note
  from insider_case
 where id = $1
