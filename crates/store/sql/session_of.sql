select hash, id, account, created, seen, ends, state, strength, stepped_up, address, agent, device
  from session
 where account = $1 and ends > $2
 order by created desc, id
 limit 200
