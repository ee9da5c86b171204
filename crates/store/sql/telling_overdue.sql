select count(*), coalesce(sum(case when due <= $1 then 1 else 0 end), 0)
  from telling
 where ended is null
