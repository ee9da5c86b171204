select id, title
  from desk_case
 where words = ''
 limit 100000
