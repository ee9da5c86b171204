select id, account, session, number, address, agent, made, ends, decision
  from approval
 where account = $1 and decision = 0 and ends > $2
 order by made
 limit 20
