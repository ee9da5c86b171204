delete from desk_standing
 where advisory = $1
