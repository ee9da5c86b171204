insert into erasure (id, patient, patient_id, decision, decided, decided_by, state)
values ($1, $2, $3, $4, $5, $6, 1)
