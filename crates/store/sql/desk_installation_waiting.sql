select count(*)
  from desk_installation
 where state = 0
