insert into report_plan (id, report, patient, person, facility, every, who, since, last)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
