select c.id, c.opened, c.changed, c.stage, c.severity, c.title, c.taken, c.due
  from desk_case c
 where c.taken = 0
    or exists (select 1 from desk_party p where p.account = $1 and p.case_id = c.id)
 order by c.changed desc, c.id desc
 limit $2
