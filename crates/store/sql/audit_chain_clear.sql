delete from audit
