select count(*)
  from found
