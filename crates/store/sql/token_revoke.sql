update token
   set revoked = $1
 where hash = $2 and revoked is null
