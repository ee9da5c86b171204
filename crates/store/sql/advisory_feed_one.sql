select signed, asked, matched, trouble, told
  from advisory_feed
 where id = 1
