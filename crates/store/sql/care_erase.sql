delete from care
 where source in (select key from erased_key)
