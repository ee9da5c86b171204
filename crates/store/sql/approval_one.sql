select id, account, session, number, address, agent, made, ends, decision
  from approval
 where id = $1
