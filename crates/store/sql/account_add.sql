insert into account (id, user_name, display, email, fhir_user, roles, facilities, patients, state, created, not_after,
  must_enrol, version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)
on conflict do nothing
