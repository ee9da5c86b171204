select id, kind, what, owner, due, done, done_by, evidence, origin, finding
  from desk_duty
 where done is null and due <= $1 and (reminded is null or reminded <= $2)
 order by due, id
 limit 100
