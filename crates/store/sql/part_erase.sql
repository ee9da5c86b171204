delete from part
 where key in (select key from erased_key)
