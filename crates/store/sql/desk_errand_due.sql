select id
  from desk_errand
 where state = 0 and due <= $1
 order by due, id
 limit 1
