insert into desk_contact (id, name, organisation, address, tags, state, added_by, added)
values ($1, $2, $3, $4, $5, 0, $6, $7)
    on conflict do nothing
