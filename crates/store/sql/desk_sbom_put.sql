insert into desk_sbom (name, at, who, body, scanned, found)
values ($1, $2, $3, $4, null, '[]')
    on conflict (name) do update set at = excluded.at, who = excluded.who, body = excluded.body, scanned = null
