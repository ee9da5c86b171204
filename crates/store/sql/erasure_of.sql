select id
  from erasure
 where state = 1 and patient = $1
 order by decided
 limit 1
