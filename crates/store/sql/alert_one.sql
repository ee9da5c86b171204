select id, kind, cause, text, first, last, seq, count, decided, decided_by, note, incident
  from alert
 where id = $1
