//! AWS Signature Version 4 of one request (its header form), as all storage that speaks S3 understands it.

use aceso_base::{Instant, hex, percent};
use aceso_vault::{hmac_sha256, sha256};
use zeroize::Zeroizing;

/// Who asks, and where: what a storage's keeper gave out.
#[derive(Clone)]
pub struct S3Credentials {
    /// The access key's name.
    pub id: String,
    /// The secret access key.
    pub secret: Zeroizing<String>,
    /// The region that the storage calls itself.
    pub region: String,
}

/// What is signed.
pub(super) struct Signed<'a> {
    pub(super) verb: &'static str,
    pub(super) host: &'a str,
    /// Encoded already.
    pub(super) path: &'a str,
    /// Names and values, as they are; sorted by name.
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) body: &'a [u8],
    /// `Range`, where there is one.
    pub(super) range: Option<&'a str>,
    pub(super) at: Instant,
}

impl Signed<'_> {
    /// The headers that the request needs, `Host` aside, which is signed too.
    pub(super) fn headers(&self, by: &S3Credentials) -> Vec<String> {
        let time: String = (self.at.to_fhir().chars())
            .filter(|c| !"-:".contains(*c))
            .take(15)
            .chain(['Z'])
            .collect();
        let day = time.get(..8).unwrap_or_default();
        let body = hex(&sha256(self.body));
        let mut headers = vec![("host", self.host)];
        headers.extend(self.range.map(|range| ("range", range)));
        headers.extend([
            ("x-amz-content-sha256", body.as_str()),
            ("x-amz-date", &time),
        ]);
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: String = headers.iter().map(|(n, v)| format!("{n}:{v}\n")).collect();
        let request = format!(
            "{}\n{}\n{}\n{lines}\n{names}\n{body}",
            self.verb,
            self.path,
            encoded(self.query)
        );
        let scope = format!("{day}/{}/s3/aws4_request", by.region);
        let text = format!(
            "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
            hex(&sha256(request.as_bytes()))
        );
        let first = Zeroizing::new(["AWS4", &by.secret].concat());
        let key = [day, &by.region, "s3", "aws4_request"]
            .iter()
            .fold(Zeroizing::new(first.as_bytes().to_vec()), |key, part| {
                Zeroizing::new(hmac_sha256(&key, part.as_bytes()).to_vec())
            });
        let signature = hex(&hmac_sha256(&key, text.as_bytes()));
        let mut lines: Vec<String> = (headers.iter().skip(1))
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        lines.push(format!(
            "authorization: AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={signature}",
            by.id
        ));
        lines
    }
}

/// A query, as it is signed and sent.
pub(super) fn encoded(query: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{}={}", percent(name), percent(value)))
        .collect();
    pairs.join("&")
}

impl std::fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "S3Credentials({} in {})", self.id, self.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of Amazon's documentation, "Authenticating Requests: Using the Authorization Header".
    #[track_caller]
    fn check(path: &str, query: &[(&str, &str)], range: Option<&str>, signature: &str) {
        let by = S3Credentials {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: Zeroizing::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
            region: "us-east-1".to_owned(),
        };
        let signed = Signed {
            verb: "GET",
            host: "examplebucket.s3.amazonaws.com",
            path,
            query,
            body: b"",
            range,
            at: Instant::from_millis(1_369_353_600_000),
        };
        let headers = signed.headers(&by);
        assert!(
            headers.contains(&"x-amz-date: 20130524T000000Z".to_owned()),
            "{headers:?}"
        );
        assert!(headers.last().unwrap().ends_with(signature), "{headers:?}");
    }

    #[test]
    fn a_request_is_signed_as_the_standard_s_examples_are() {
        let part = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        check("/test.txt", &[], Some("bytes=0-9"), part);
        let list = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        check("/", &[("max-keys", "2"), ("prefix", "J")], None, list);
    }

    #[test]
    fn a_query_is_encoded_as_it_is_signed() {
        assert_eq!(
            encoded(&[("a", "x/y +=~"), ("b", "")]),
            "a=x%2Fy%20%2B%3D~&b="
        );
    }
}
