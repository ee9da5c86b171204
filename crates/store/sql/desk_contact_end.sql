delete from desk_contact
 where id = $1
