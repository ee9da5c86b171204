update desk_installation
   set state = 1,
       vetted_by = $1
 where id = $2
   and state = 0
