select max(opened)
  from recheck
