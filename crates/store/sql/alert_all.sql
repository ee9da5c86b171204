select id, kind, cause, text, first, last, seq, count, decided, decided_by, note, incident
  from alert
 order by last desc, id
 limit $1
