delete from desk_installation
 where id = $1
