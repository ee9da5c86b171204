select count(*)
  from desk_letter
 where thread = $1 and who = '' and at >= $2
