delete from hist
 where key = $1 and (substr(body, 1, 1) <> $2 or substr(body, 4, 9) = $3)
