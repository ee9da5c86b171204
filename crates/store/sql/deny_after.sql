select patient, permit, source, rule, parent, actor, kind, label, purpose, item, since, until
  from deny
 where (patient, permit, source, rule, parent, actor, kind, label, purpose, item, since, until)
     > ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
 order by patient, permit, source, rule, parent, actor, kind, label, purpose, item, since, until
 limit $13
