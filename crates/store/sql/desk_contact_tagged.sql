select id, address
  from desk_contact
 where state = 1 and ends > $1 and tags like $2
 order by id
 limit 2000
