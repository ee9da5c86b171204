update subscriber
   set next_at = null, beat_at = null
 where id = $1
