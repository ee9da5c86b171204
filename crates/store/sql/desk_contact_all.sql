select id, name, organisation, address, tags, state, added_by, added, vetted_by, ends, asked
  from desk_contact
 order by organisation, name, id
 limit 2000
