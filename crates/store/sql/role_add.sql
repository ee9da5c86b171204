insert into own_role (id, version, title, form, body, labels, at, who, removed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
