select verdict, count(*)
  from desk_report
 where at >= $1 and at < $2
 group by verdict
 order by verdict
