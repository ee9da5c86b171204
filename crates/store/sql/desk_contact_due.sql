select id, address
  from desk_contact
 where state = 1 and ends <= $1 and (asked is null or asked <= $2)
 order by ends, id
 limit 200
