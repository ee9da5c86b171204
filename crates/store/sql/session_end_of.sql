delete from session
 where account = $1 and hash <> $2
