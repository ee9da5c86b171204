insert into desk_published (id, case_id, at, withdrawn, body)
values ($1, $2, $3, null, $4)
    on conflict (id) do update set at = excluded.at, withdrawn = null, body = excluded.body
 where desk_published.case_id = excluded.case_id
