select id, name, scopes, jwks, created, disabled
  from client
 order by created, id
