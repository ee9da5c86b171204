update mail
   set tries = tries + 1, due = $1, failure = $2
 where id = $3 and state = 0
