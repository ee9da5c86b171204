select r.id, r.opened, r.due, r.closed,
       (select count(*) from recheck_item i where i.recheck = r.id),
       (select count(*) from recheck_item i where i.recheck = r.id and i.decision <> 0)
  from recheck r
 order by r.opened desc
 limit 100
