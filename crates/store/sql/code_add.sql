insert into code (hash, family, redirect, challenge, nonce, ends)
values ($1, $2, $3, $4, $5, $6)
