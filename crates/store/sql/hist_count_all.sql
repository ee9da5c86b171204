select count(*)
  from hist
