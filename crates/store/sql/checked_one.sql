select at, wrong, detail
  from checked
 where what = $1
