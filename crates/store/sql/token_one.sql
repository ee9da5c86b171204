select t.client, t.scopes, t.patient, t.expires, t.revoked, c.disabled
  from token t
  join client c on c.id = t.client
 where t.hash = $1
