update mail
   set state = 2, ended = $1, failure = $2
 where id = $3 and state = 1
