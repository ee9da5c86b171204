select place, what, mend, first_at, last_at
  from found
 order by first_at, place
 limit 1000
