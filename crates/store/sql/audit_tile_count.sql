select count(*)
  from audit_tile
