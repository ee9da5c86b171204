select number, body, signature
  from receipt
 order by number desc
 limit 200
