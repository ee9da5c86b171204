insert into erased_version (key, version)
values ($1, $2)
