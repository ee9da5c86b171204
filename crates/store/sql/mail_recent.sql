select count(*)
  from mail
 where account = $1 and kind = $2 and made > $3
