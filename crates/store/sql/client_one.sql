select id, name, scopes, jwks, created, disabled
  from client
 where id = $1
