select version
  from erased_version
 where key = $1 and version = $2
