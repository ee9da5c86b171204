select client, count(*)
  from family
 where revoked is null and ends > $1
 group by client
