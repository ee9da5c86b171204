select p.id, p.account, a.user_name, p.detail, p.version, p.asker, p.asker_name, p.reason, p.made, p.ends, p.outcome,
       p.decided, p.decider
  from proposal p
  join account a on a.id = p.account
 order by p.made desc, p.id
 limit 100
