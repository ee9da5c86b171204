select number, seed
  from audit_signer
 where since < $1
 order by number desc
 limit 1
