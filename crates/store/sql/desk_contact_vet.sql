update desk_contact
   set state = 1, vetted_by = $1, ends = $2
 where id = $3 and state = 0 and added_by <> $1
