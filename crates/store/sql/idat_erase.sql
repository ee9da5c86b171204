delete from idat
 where key in (select key from erased_key)
