select c.patient, c.since, c.until, r.kind
  from care c
  left join res r
    on r.key = c.source
 where c.actor = $1
