select id, state, first, last, vetted_by, sealed
  from desk_installation
 order by first, id
 limit 20000
