select serial
  from patient_keys
 where one = 1
