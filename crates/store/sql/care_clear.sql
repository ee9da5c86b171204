delete from care
