select id, name, scopes, jwks, created, disabled, kind, redirects, launch, contact, secret, audience,
       short_state, origins
  from client
 order by created, id
