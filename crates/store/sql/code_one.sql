select family, redirect, challenge, nonce, ends, used
  from code
 where hash = $1
