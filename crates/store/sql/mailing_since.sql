select since
  from mailing
 where one = 1
