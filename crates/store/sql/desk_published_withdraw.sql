update desk_published
   set withdrawn = $1, at = $2
 where case_id = $3
