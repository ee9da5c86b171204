update desk_sbom
   set scanned = $1, found = $2
 where name = $3
