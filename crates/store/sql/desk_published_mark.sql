select count(*), coalesce(max(at), 0), cast(coalesce(sum(at), 0) as bigint)
  from desk_published
