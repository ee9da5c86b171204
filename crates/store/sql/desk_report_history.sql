select coalesce(sum(case when verdict = 'valid' then 1 else 0 end), 0),
       coalesce(sum(case when verdict = 'invalid' then 1 else 0 end), 0),
       coalesce(sum(case when verdict = 'duplicate' then 1 else 0 end), 0)
  from desk_report
 where sender = $1
