//! Whether the signature of a mail that came holds: what it covers is for `desk::report`, the key for the domain's own records.

use aceso_base::Instant;
use aceso_desk::report::{
    Dkim, KeyRecord, MailSignature, NoSignature, SignedMail, mail_key, of_several, signed_mail,
};
use aceso_mail::Names;
use aceso_vault::{MailKey, random, sha256};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LOOSE: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LOOSE);

/// Checks signatures with keys that these servers are asked for.
#[derive(Clone, Debug)]
pub struct Signatures(Names);

impl Signatures {
    /// With keys from these name servers.
    pub const fn new(names: Names) -> Self {
        Self(names)
    }

    /// What is to be thought of a mail's sender.
    pub async fn check(&self, mail: &[u8], now: Instant) -> Dkim {
        let mut found = Vec::new();
        for signed in signed_mail(mail) {
            found.push(match signed {
                Ok(signed) => self.one(&signed, now).await,
                Err(NoSignature { domain }) => Dkim::Fail(domain),
            });
        }
        of_several(mail, found)
    }

    async fn one(&self, signed: &SignedMail, now: Instant) -> Dkim {
        let domain = signed.domain.clone();
        let over = signed.ends.is_some_and(|end| end <= now.millis() / 1000);
        let digest = BASE64.decode(&signed.body_digest);
        if over || !digest.is_ok_and(|digest| digest == sha256(&signed.body)) {
            return Dkim::Fail(domain);
        }
        let Ok(number) = random() else {
            return Dkim::Unsure(domain);
        };
        let texts = match self.0.texts(&signed.key_name, number).await {
            Ok(texts) => texts,
            Err(error) => {
                tracing::warn!(%error, "a mail's signature could not be checked");
                return Dkim::Unsure(domain);
            }
        };
        match texts.iter().any(|text| holds(signed, text)) {
            true => Dkim::Pass(domain),
            false => Dkim::Fail(domain),
        }
    }
}

/// Whether a signature holds by the key of this record.
fn holds(signed: &SignedMail, record: &str) -> bool {
    let KeyRecord::Key { how, key, strict } = mail_key(record) else {
        return false;
    };
    let (Ok(key), Ok(signature)) = (BASE64.decode(key), BASE64.decode(&signed.signature)) else {
        return false;
    };
    let key = match how {
        MailSignature::RsaSha256 => MailKey::Rsa(key),
        MailSignature::Ed25519Sha256 => MailKey::Ed25519(key),
    };
    let for_it = how == signed.how && !(strict && signed.below);
    for_it && key.signed(&signed.header, &signature)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::net::UdpSocket;

    use super::*;

    const KEYS: &str = include_str!("../../desk/tests/data/dkim/keys.txt");
    const RELAXED: &[u8] = include_bytes!("../../desk/tests/data/dkim/rsa-relaxed.eml");
    const SIMPLE: &[u8] = include_bytes!("../../desk/tests/data/dkim/rsa-simple.eml");
    const ED25519: &[u8] = include_bytes!("../../desk/tests/data/dkim/ed-mixed.eml");

    /// A name server that knows these keys, and nothing else.
    async fn server(keys: &'static str) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let answer = answer(&buffer[..length], keys);
                socket.send_to(&answer, from).await.unwrap();
            }
        });
        at
    }

    fn answer(query: &[u8], keys: &str) -> Vec<u8> {
        let mut labels = Vec::new();
        let mut at = 12;
        while query[at] != 0 {
            let end = at + 1 + usize::from(query[at]);
            labels.push(String::from_utf8(query[at + 1..end].to_vec()).unwrap());
            at = end;
        }
        let name = labels.join(".");
        let mut lines = keys.lines().filter_map(|line| line.split_once(' '));
        let text = lines.find(|(of, _)| *of == name).map(|(_, text)| text);
        let code = if text.is_some() { 0x80 } else { 0x83 };
        let count = u8::from(text.is_some());
        let mut out = [&query[..2], &[0x81, code, 0, 1, 0, count, 0, 0, 0, 0]].concat();
        out.extend(&query[12..at + 5]);
        if let Some(text) = text {
            let parts = text.as_bytes().chunks(255);
            let length = text.len() + parts.len();
            out.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
            out.extend(u16::try_from(length).unwrap().to_be_bytes());
            for part in parts {
                out.push(u8::try_from(part.len()).unwrap());
                out.extend(part);
            }
        }
        out
    }

    fn pass() -> Dkim {
        Dkim::Pass("finder.example".into())
    }

    fn fail() -> Dkim {
        Dkim::Fail("finder.example".into())
    }

    async fn check(signatures: &Signatures, mail: &[u8]) -> Dkim {
        let now = Instant::from_millis(1_800_000_000_000);
        signatures.check(mail, now).await
    }

    /// A mail with one text in place of another.
    fn with(mail: &[u8], from: &str, to: &str) -> Vec<u8> {
        let text = std::str::from_utf8(mail).unwrap();
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1).into_bytes()
    }

    #[tokio::test]
    async fn n1_a_signature_holds_by_the_key_of_its_domain_and_for_what_it_covers() {
        let signatures = Signatures::new(Names::at(&[server(KEYS).await]));
        for mail in [RELAXED, SIMPLE, ED25519] {
            assert_eq!(check(&signatures, mail).await, pass());
            // A Maildir has lost the line ends that it came with.
            let local: Vec<u8> = mail.iter().copied().filter(|b| *b != b'\r').collect();
            assert_eq!(check(&signatures, &local).await, pass());
            for (from, to) in [
                ("notes/2", "notes/3"),
                ("Fin Okoye", "Eve Okoye"),
                ("To: security", "To: other"),
            ] {
                let forged = with(mail, from, to);
                assert_eq!(check(&signatures, &forged).await, fail(), "{to}");
            }
        }
        let spaced = with(RELAXED, "Subject: A", "SUBJECT:   A");
        assert_eq!(check(&signatures, &spaced).await, pass(), "relaxed");
        let spaced = with(SIMPLE, "Subject: A", "Subject:  A");
        assert_eq!(check(&signatures, &spaced).await, fail(), "simple");
        let unsigned = b"From: fin@finder.example\r\n\r\nx";
        assert_eq!(check(&signatures, unsigned).await, Dkim::None);
        let other = with(
            RELAXED,
            "d=finder.example;\r\n i=@finder",
            "d=eve.example;\r\n i=@eve",
        );
        assert_eq!(
            check(&signatures, &other).await,
            Dkim::Fail("eve.example".into()),
            "it has no key"
        );
        let two = [RELAXED, ED25519].map(|m| std::str::from_utf8(m).unwrap());
        let broken = two[0].replacen("bh=", "bh=A", 1);
        let head = broken.split("From:").next().unwrap();
        let both = [head, two[1]].concat();
        assert_eq!(
            check(&signatures, both.as_bytes()).await,
            pass(),
            "one of two"
        );
    }

    #[tokio::test]
    async fn n1_a_key_that_was_taken_back_signs_nothing_and_one_that_cannot_be_had_is_said_so() {
        let revoked = "rsa._domainkey.finder.example v=DKIM1; k=rsa; p=";
        let signatures = Signatures::new(Names::at(&[server(revoked).await]));
        assert_eq!(check(&signatures, RELAXED).await, fail());
        let nobody = Signatures::new(Names::at(&[]));
        assert_eq!(
            check(&nobody, RELAXED).await,
            Dkim::Unsure("finder.example".into())
        );
    }
}
