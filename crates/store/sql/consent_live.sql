select id, client, scopes, patient, made, ends, used
  from consent
 where account = $1 and client = $2 and revoked is null and ends > $3
 order by made desc
 limit 1
