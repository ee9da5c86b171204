insert into report_made (id, plan, since, until, at, size, entries, more)
values ($1, $2, $3, $4, $5, $6, $7, $8)
