insert into insider_case (id, account, name, week, score, reasons, found)
values ($1, $2, $3, $4, $5, $6, $7)
