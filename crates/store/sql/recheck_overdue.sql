select count(*)
  from recheck
 where closed is null and due < $1
