select kind, account, ends, used
  from link
 where hash = $1
