update subscriber
   set events = events + 1, next_at = coalesce(next_at, $1)
 where id = $2
returning events
