select subject, public, made, ended
  from person_key
 where id = $1
