insert into care (actor, patient, source, since, until)
values ($1, $2, $3, $4, $5)
