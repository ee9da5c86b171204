delete from ipc
 where key in (select key from erased_key)
