update consent
   set revoked = $1
 where account = $2 and client = $3 and revoked is null
