select count(*)
  from mail
 where lower(address) = $1 and made > $2 and kind = $3
