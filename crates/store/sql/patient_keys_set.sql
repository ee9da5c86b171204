update patient_keys
   set serial = $1
 where one = 1 and serial < $2
