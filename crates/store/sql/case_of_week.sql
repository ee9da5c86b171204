select id, account, name, week, score, reasons, found, outcome, decided, decided_by, note
  from insider_case
 where account = $1 and week = $2
