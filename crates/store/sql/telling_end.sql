update telling
   set ended = $1,
       outcome = $2,
       note = $3,
       who = $4
 where id = $5
   and ended is null
