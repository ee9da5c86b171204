select count(*)
  from break_glass
 where reviewed is null and due < $1
