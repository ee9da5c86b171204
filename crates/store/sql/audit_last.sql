select seq, link
  from audit
 order by seq desc
 limit 1
