update desk_errand
   set state = $1, tries = $2, due = $3, said = $4
 where id = $5
