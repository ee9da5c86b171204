update mail
   set state = 0, due = $1, until = $2, tries = 0, ended = null
 where id = $3 and state = 2 and kind not in ($4, $5)
