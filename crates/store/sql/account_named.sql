select id, user_name, display, email, fhir_user, roles, facilities, patients, state, created, not_after, must_enrol,
  version, signed_in
  from account
 where user_name = $1
