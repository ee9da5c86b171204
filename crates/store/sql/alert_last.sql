select id, kind, cause, text, first, last, seq, count, decided, decided_by, note, incident
  from alert
 where kind = $1 and cause = $2
 order by seq desc
 limit 1
