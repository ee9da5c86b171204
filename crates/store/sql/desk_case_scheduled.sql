select id
  from desk_case
 where stage = 'publish' or stage = 'rollout' or stage = 'review'
 order by id
