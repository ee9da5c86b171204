delete from telling_owed
 where about = $1
