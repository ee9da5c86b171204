update break_glass
   set reviewed = $1, reviewer = $2, finding = $3, note = $4
 where id = $5 and (reviewed is null or finding = $6)
