select account, user_name, roles, signed_in, unused, decision, decided, decided_by, reason
  from recheck_item
 where recheck = $1
 order by user_name
