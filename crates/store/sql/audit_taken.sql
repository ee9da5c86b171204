select seq
  from taken
 where one = 1
