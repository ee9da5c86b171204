//! Random bytes from the operating system's generator by way of the provider's.

use aws_lc_rs::rand;

/// The machine has no randomness to give.
#[derive(Debug, thiserror::Error)]
#[error("the random generator failed")]
pub struct RandomError;

/// `N` random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut out = [0; N];
    rand::fill(&mut out).map_err(|_| RandomError)?;
    Ok(out)
}
