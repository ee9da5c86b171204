update signing_key
   set retired = $1
 where retired is null and id <> $2
