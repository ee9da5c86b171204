delete from iref
 where key in (select key from erased_key)
