insert into audit_patient (patient, seq)
values ($1, $2)
