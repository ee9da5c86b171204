update subscriber
   set sent = $1,
       tries = 0,
       shaken = 1,
       next_at = case when events > $1 then cast($2 as bigint) else null end,
       beat_at = $3
 where id = $4
