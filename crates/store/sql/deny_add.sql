insert into deny (patient, permit, source, rule, parent, actor, kind, label, purpose, item, since, until)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
