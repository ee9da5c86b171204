update desk_contact
   set asked = $1, token = $2
 where id = $3
