insert into desk_file (report, number, name, kind, size, sealed)
values ($1, (select count(*) + 1 from desk_file where report = $1), $2, $3, $4, $5)
