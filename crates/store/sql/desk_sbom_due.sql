select name, body
  from desk_sbom
 where scanned is null or scanned <= $1
 order by name
 limit 500
