delete from label
