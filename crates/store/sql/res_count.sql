select count(*)
  from res
