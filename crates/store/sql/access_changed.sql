update access_state
   set number = number + 1
 where id = 1
