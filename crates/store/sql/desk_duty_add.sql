insert into desk_duty (id, kind, what, owner, due, reminded, done, done_by, evidence, origin, finding)
values ($1, $2, $3, $4, $5, null, null, '', '', $6, $7)
