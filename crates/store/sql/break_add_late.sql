insert into break_glass (id, account, person, name, patient_id, patient, reason, detail, opened, ends, due)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (id) do nothing
