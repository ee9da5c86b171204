delete from erased_key
