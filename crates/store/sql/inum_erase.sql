delete from inum
 where key in (select key from erased_key)
