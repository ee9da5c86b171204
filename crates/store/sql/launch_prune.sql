delete from launch
 where ends < $1
