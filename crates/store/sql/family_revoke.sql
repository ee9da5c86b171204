update family
   set revoked = $1
 where id = $2 and revoked is null
