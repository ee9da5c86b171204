select s.id, s.client, s.scopes, s.patient, s.made, s.ends, s.used, c.name
  from consent s
  join client c on c.id = s.client
 where s.account = $1 and s.revoked is null and s.ends > $2
 order by s.made desc
 limit 500
