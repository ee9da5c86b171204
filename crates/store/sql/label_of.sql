select label
  from label
 where label in (1, 2, 3, 4, 5, 6, 7, 8, 9) and key = $1
