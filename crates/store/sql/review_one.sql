select at, who, note
  from audit_review
 where week = $1
