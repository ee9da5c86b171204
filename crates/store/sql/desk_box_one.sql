select validity, last
  from desk_box
 where name = $1
