select who
  from desk_sbom
 where name = $1
