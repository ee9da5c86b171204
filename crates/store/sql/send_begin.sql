insert into audit_send (target, seq, began, tries)
values ($1, $2, $3, 0)
