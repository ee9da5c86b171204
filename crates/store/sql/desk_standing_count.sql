select count(*)
  from desk_standing
 where advisory = $1
   and level = $2
