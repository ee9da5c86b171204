select who, level, since, sealed
  from desk_standing
 where advisory = $1
   and who = $2
