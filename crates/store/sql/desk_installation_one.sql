select id, state, first, last, vetted_by, sealed
  from desk_installation
 where id = $1
