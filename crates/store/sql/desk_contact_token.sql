select id, name, organisation, address, tags, state, added_by, added, vetted_by, ends, asked
  from desk_contact
 where token = $1 and state = 1
