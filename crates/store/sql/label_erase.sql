delete from label
 where key in (select key from erased_key)
