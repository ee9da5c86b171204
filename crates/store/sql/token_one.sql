select t.client, t.scopes, t.patient, t.expires, t.revoked, c.disabled,
       t.family, f.account, f.strength, f.jkt, f.revoked, f.ends, f.encounter
  from token t
  join client c on c.id = t.client
  left join family f on f.id = t.family
 where t.hash = $1
