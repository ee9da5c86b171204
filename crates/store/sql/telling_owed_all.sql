select about, patient, since
  from telling_owed
 order by since, about
 limit 1000
