delete from deny
