select since, handover
  from audit_signer
 order by number
