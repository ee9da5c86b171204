select id, consent, account, client, scopes, patient, encounter, strength, auth_time, session, jkt, made, ends, revoked
  from family
 where id = $1
