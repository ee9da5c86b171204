select id, name, scopes, jwks, created, disabled, kind, redirects, launch, contact, secret, audience
  from client
 order by created, id
