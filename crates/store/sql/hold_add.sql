insert into hold (id, patient, patient_id, reason, since, until, set_by)
values ($1, $2, $3, $4, $5, $6, $7)
