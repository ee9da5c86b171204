select id, kind, name, detail, done, until, digest, made, who, ended, told
  from duty
 order by kind, name, until, id
 limit 10000
