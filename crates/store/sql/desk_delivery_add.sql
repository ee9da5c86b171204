insert into desk_delivery (token, case_id, contact, copy, mail, at)
values ($1, $2, $3, $4, $5, $6)
    on conflict (case_id, contact) do nothing
