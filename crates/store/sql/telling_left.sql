select id
  from account
 where state = 1
   and not_after <= $1
   and not exists (
         select 1
           from telling
          where about = $2 || account.id
            and since >= account.not_after)
 order by id
 limit 1000
