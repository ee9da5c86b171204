select id, remind
  from desk_case
 where remind <= $1
 order by remind, id
 limit 500
