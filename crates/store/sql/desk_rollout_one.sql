select body
  from desk_rollout
 where advisory = $1
