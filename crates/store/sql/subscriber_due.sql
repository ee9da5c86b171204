select id
  from subscriber
 where next_at <= $1 or beat_at <= $1
 order by id
 limit $2
