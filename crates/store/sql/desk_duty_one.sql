select id, kind, what, owner, due, done, done_by, evidence, origin, finding
  from desk_duty
 where id = $1
