select name, body
  from desk_sbom
 order by name
 limit 100
