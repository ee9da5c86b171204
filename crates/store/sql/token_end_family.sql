update token
   set revoked = $1
 where family = $2 and revoked is null
