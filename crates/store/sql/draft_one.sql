select place, body
  from draft
 where session = $1
