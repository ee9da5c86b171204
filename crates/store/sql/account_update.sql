update account
   set display = $1,
       email = $2,
       fhir_user = $3,
       facilities = $4,
       patients = $5,
       not_after = $6,
       must_enrol = $7,
       version = version + 1
 where id = $8
