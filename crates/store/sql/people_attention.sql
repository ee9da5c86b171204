select (select count(*) from failure where kind = 1 and until > $1),
       (select count(*) from account where state = 1 and must_enrol = 1),
       (select count(*) from account where state = 0),
       (select count(*) from account where state = 1 and not_after > $1 and not_after <= $2)
