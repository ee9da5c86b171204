select id, name, scopes, jwks, created, disabled, kind, redirects, launch, contact, secret, audience
  from client
 where id = $1
