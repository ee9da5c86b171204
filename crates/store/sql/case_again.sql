update insider_case
   set score = $1, reasons = $2, found = $3
 where id = $4 and outcome is null
