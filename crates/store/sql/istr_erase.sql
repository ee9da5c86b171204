delete from istr
 where key in (select key from erased_key)
