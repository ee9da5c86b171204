delete from desk_party
 where account = $1 and case_id = $2
