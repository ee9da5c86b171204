update mail
   set state = 1, secret = null, tries = tries + 1, ended = $1, failure = ''
 where id = $2 and state = 0
