//! What a certificate says of itself.

use aceso_base::Instant;
use x509_parser::pem::Pem;

/// From when to when a certificate holds, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validity {
    /// It holds from then on …
    pub from: Instant,
    /// … until then.
    pub until: Instant,
    /// Whether it is signed by itself.
    pub self_signed: bool,
    /// Who issued it.
    pub issuer: String,
}

/// Of the first certificate of a PEM chain; none when there is none that can be read.
pub fn validity(chain: &str) -> Option<Validity> {
    let pem = Pem::iter_from_buffer(chain.as_bytes()).find_map(Result::ok)?;
    let certificate = pem.parse_x509().ok()?;
    let seconds = |time: x509_parser::time::ASN1Time| {
        Instant::from_millis(time.timestamp().saturating_mul(1000))
    };
    let issuer = certificate.issuer();
    Some(Validity {
        from: seconds(certificate.validity().not_before),
        until: seconds(certificate.validity().not_after),
        self_signed: issuer.as_raw() == certificate.subject().as_raw(),
        issuer: issuer.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;

    #[test]
    fn a_certificate_of_our_own_says_so() {
        let own = Identity::self_signed(vec!["localhost".to_owned()]).unwrap();
        let found = validity(&own.chain).unwrap();
        assert!(found.self_signed && found.from < found.until);
        assert_eq!(found.issuer, "CN=Aceso");
        assert_eq!(validity("no certificate"), None);
    }
}
