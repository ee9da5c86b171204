delete from deny
 where source in (select key from erased_key)
