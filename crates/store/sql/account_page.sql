select id, user_name, display, email, fhir_user, roles, facilities, patients, state, created, not_after, must_enrol,
  version, signed_in
  from account
 where user_name > $1
   and ($2 < 0 or state = $2)
   and ($3 = '' or ' ' || roles || ' ' like '% ' || $3 || ' %')
   and ($4 = '' or user_name like '%' || $4 || '%' escape '!' or lower(display) like '%' || $4 || '%' escape '!')
 order by user_name
 limit $5
