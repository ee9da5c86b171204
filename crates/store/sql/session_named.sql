select hash, id, account, created, seen, ends, state, strength, stepped_up, address, agent, device
  from session
 where id = $1
