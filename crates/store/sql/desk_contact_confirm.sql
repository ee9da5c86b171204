update desk_contact
   set ends = $1, token = null
 where id = $2
