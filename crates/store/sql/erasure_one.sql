select id, patient_id, decision, decided, decided_by, state, ended, ended_by, resources, versions, left_over, patient
  from erasure
 where id = $1
