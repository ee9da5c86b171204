delete from desk_sbom
 where name = $1
