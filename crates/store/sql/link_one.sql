select kind, account, made, ends, used
  from link
 where hash = $1
