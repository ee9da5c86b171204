update subscriber
   set tries = tries + 1, next_at = $1, beat_at = null
 where id = $2
