update recheck
   set closed = $1
 where id = $2
   and not exists (select 1 from recheck_item i where i.recheck = $2 and i.decision = 0)
