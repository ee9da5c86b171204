select key, version
  from hist
 where substr(body, 4, 9) = $1 and substr(body, 1, 1) = $2
