select words
  from desk_case
 where id = $1
