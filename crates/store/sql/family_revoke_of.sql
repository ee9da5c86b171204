update family
   set revoked = $1
 where account = $2 and revoked is null
