update person_key
   set ended = $1, sealed = null
 where account = $2 and ended is null
