delete from itok
 where key in (select key from erased_key)
