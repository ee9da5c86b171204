select client, scopes, patient, level, query, request, at, state, error, expires
  from bulk
 where id = $1
