select s.id, a.display, s.seen
  from session s
  join account a on a.id = s.account
 where s.device = $1 and s.state = 3 and s.ends > $2 and a.state = 1
 order by s.seen desc, s.id
 limit 20
