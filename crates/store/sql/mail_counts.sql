select coalesce(sum(case when state = 0 then 1 else 0 end), 0),
       coalesce(sum(case when state = 0 and tries > 0 then 1 else 0 end), 0),
       coalesce(sum(case when state = 2 then 1 else 0 end), 0)
  from mail
