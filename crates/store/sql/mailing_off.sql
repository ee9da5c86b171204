delete from mailing
