select id, kind, cause, text, first, last, seq, count, decided, decided_by, note, incident
  from alert
 where decided is null
 order by last desc, id
 limit $1
