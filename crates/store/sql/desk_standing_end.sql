delete from desk_standing
 where who = $1
