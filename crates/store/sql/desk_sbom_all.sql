select name, at, who, scanned, found
  from desk_sbom
 order by name
 limit 500
