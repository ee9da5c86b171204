select account, client, patient, encounter, ends, used
  from launch
 where hash = $1
