select number, made
  from audit_signer
 order by number desc
 limit 1
