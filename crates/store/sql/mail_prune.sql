delete from mail
 where ended < $1
