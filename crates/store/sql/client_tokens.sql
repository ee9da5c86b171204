select client, count(*)
  from token
 where revoked is null and expires > $1
 group by client
