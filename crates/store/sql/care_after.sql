select actor, patient, source, since, until
  from care
 where (actor, patient, source, since, until) > ($1, $2, $3, $4, $5)
 order by actor, patient, source, since, until
 limit $6
