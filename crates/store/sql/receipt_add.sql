insert into receipt (number, at, version, sbom, body, signature)
values ($1, $2, $3, $4, $5, $6)
