select what, at, wrong, detail
  from checked
 where what like $1
 order by what
