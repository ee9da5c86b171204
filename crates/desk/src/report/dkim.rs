//! Signatures of mails (DKIM, RFC 6376, 8301 and 8463), as far as they are text: what each covers, in the form that it was signed in,
//! and where its key is. Whether it holds is for who has digests and the network.

use mail_parser::MessageParser;

use super::Dkim;
use super::machine::is_below;

/// The most signatures that are looked at.
const MOST: usize = 5;

/// How a mail is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailSignature {
    /// RSA (PKCS #1 1.5) over SHA-256.
    RsaSha256,
    /// Ed25519 over the SHA-256 digest (RFC 8463).
    Ed25519Sha256,
}

/// A signature, with everything that it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedMail {
    /// Whose it is.
    pub domain: String,
    /// The name in the DNS that the key is asked of.
    pub key_name: String,
    /// How it was made.
    pub how: MailSignature,
    /// The body, whose SHA-256 it names.
    pub body: Vec<u8>,
    /// That digest, in base64.
    pub body_digest: String,
    /// The header, which is what is signed.
    pub header: Vec<u8>,
    /// The signature, in base64.
    pub signature: String,
    /// When it ends, in seconds since 1970.
    pub ends: Option<i64>,
    /// Whether it speaks for an address below its domain, which the key may forbid.
    pub below: bool,
}

/// A signature that holds for nothing, whatever its key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSignature {
    /// Whose it says it is.
    pub domain: String,
}

/// What a key's record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyRecord {
    /// A key, in base64.
    Key {
        /// What it is for.
        how: MailSignature,
        /// The key: SubjectPublicKeyInfo of RSA, or the 32 bytes of Ed25519.
        key: String,
        /// Whether it is for addresses of the domain itself alone.
        strict: bool,
    },
    /// It was taken back, is for something else, or the domain says that it only tries.
    Nothing,
}

/// The signatures of a mail, the topmost first.
pub fn signed_mail(mail: &[u8]) -> Vec<Result<SignedMail, NoSignature>> {
    let whole = with_crlf(mail);
    let (fields, body) = split(&whole);
    let is = |field: &&[u8]| name_of(field) == b"dkim-signature";
    let own = fields.iter().copied().filter(is).take(MOST);
    own.map(|field| one(field, &fields, body)).collect()
}

fn one(field: &[u8], fields: &[&[u8]], body: &[u8]) -> Result<SignedMail, NoSignature> {
    let value = String::from_utf8_lossy(value_of(field)).into_owned();
    let tags = Tags::read(&value);
    let domain = tags.get("d").unwrap_or_default().to_lowercase();
    read(&tags, &domain, field, fields, body).ok_or(NoSignature { domain })
}

fn read(
    tags: &Tags,
    domain: &str,
    field: &[u8],
    fields: &[&[u8]],
    body: &[u8],
) -> Option<SignedMail> {
    let how = match tags.get("a")? {
        "rsa-sha256" => MailSignature::RsaSha256,
        "ed25519-sha256" => MailSignature::Ed25519Sha256,
        _ => return None,
    };
    let selector = tags.get("s")?;
    let key_name = format!("{selector}._domainkey.{domain}");
    let names: Vec<String> = tags.get("h")?.split(':').map(small).collect();
    let identity = tags.get("i").map(str::to_lowercase);
    let of = identity.as_deref().and_then(|i| i.rsplit_once('@'));
    let of = of.map_or(domain, |(_, of)| of);
    let from = |field: &&&[u8]| name_of(field) == b"from";
    let fine = tags.get("v") == Some("1")
        && tags.get("q").is_none_or(|q| q == "dns/txt")
        // A part of the body that nobody signed could say anything.
        && tags.get("l").is_none()
        && names.iter().any(|name| name == "from")
        && fields.iter().filter(from).count() == 1
        && (of == domain || of.ends_with(&format!(".{domain}")))
        && is_name(&key_name);
    if !fine {
        return None;
    }
    let (head_form, body_form) = forms(tags.get("c").unwrap_or("simple/simple"))?;
    let ends = tags.get("x").map(str::parse).transpose().ok()?;
    Some(SignedMail {
        how,
        body: body_form.body(body),
        body_digest: joined(tags.get("bh")?),
        header: covered(field, fields, &names, head_form),
        signature: joined(tags.get("b")?),
        ends,
        below: of != domain,
        domain: domain.to_owned(),
        key_name,
    })
}

/// What a key's text in the DNS says.
pub fn mail_key(text: &str) -> KeyRecord {
    let tags = Tags::read(text);
    let how = match tags.get("k").unwrap_or("rsa") {
        "rsa" => MailSignature::RsaSha256,
        "ed25519" => MailSignature::Ed25519Sha256,
        _ => return KeyRecord::Nothing,
    };
    let has = |name, wanted: &str| {
        let words = tags.get(name).map(|list| list.split(':'));
        words.map(|mut words| words.any(|word| word.trim() == wanted))
    };
    let key = joined(tags.get("p").unwrap_or_default());
    let fine = tags.get("v").is_none_or(|v| v == "DKIM1")
        && has("h", "sha256").unwrap_or(true)
        && (has("s", "email").unwrap_or(true) || has("s", "*") == Some(true))
        && has("t", "y") != Some(true)
        && !key.is_empty();
    match fine {
        true => KeyRecord::Key {
            how,
            key,
            strict: has("t", "s") == Some(true),
        },
        false => KeyRecord::Nothing,
    }
}

/// What several signatures say together: the one of the sender's own domain counts, then any that holds, then one that could not be
/// checked.
pub fn of_several(mail: &[u8], found: Vec<Dkim>) -> Dkim {
    let head = MessageParser::default().parse_headers(mail);
    let address = head
        .as_ref()
        .and_then(|head| head.from()?.first()?.address());
    let rank = |one: &Dkim| match one {
        Dkim::Pass(by) if address.is_some_and(|a| is_below(a, by)) => 0,
        Dkim::Pass(_) => 1,
        Dkim::Unsure(_) => 2,
        Dkim::Fail(_) => 3,
        Dkim::None => 4,
    };
    found.into_iter().min_by_key(rank).unwrap_or_default()
}

/// The two forms of text that signatures are made over (RFC 6376, 3.4).
#[derive(Clone, Copy)]
enum Form {
    Simple,
    Relaxed,
}

fn forms(text: &str) -> Option<(Form, Form)> {
    let form = |name: &str| match name.trim() {
        "simple" => Some(Form::Simple),
        "relaxed" => Some(Form::Relaxed),
        _ => None,
    };
    match text.split_once('/') {
        Some((head, body)) => Some((form(head)?, form(body)?)),
        None => Some((form(text)?, Form::Simple)),
    }
}

impl Form {
    /// A field of the header with its end of line.
    fn field(self, field: &[u8]) -> Vec<u8> {
        match self {
            Self::Simple => [field, b"\r\n"].concat(),
            Self::Relaxed => {
                let (name, value) = (name_of(field), spaced(value_of(field)));
                [name.as_slice(), b":", value.trim_ascii(), b"\r\n"].concat()
            }
        }
    }

    fn body(self, body: &[u8]) -> Vec<u8> {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut rest = body;
        while !rest.is_empty() {
            let (line, after) = first_line(rest);
            rest = after;
            lines.push(match self {
                Self::Simple => line.to_vec(),
                Self::Relaxed => spaced(line).trim_ascii_end().to_vec(),
            });
        }
        while lines.last().is_some_and(Vec::is_empty) {
            lines.pop();
        }
        let mut out = Vec::with_capacity(body.len());
        for line in lines {
            out.extend(line);
            out.extend(b"\r\n");
        }
        match self {
            Self::Simple if out.is_empty() => b"\r\n".to_vec(),
            Self::Simple | Self::Relaxed => out,
        }
    }
}

/// The fields that a signature names, each the lowest of its name that was not named yet, and the signature's own without its value.
fn covered(own: &[u8], fields: &[&[u8]], names: &[String], form: Form) -> Vec<u8> {
    let mut left: Vec<&[u8]> = fields.to_vec();
    let mut out = Vec::new();
    for name in names {
        let at = left.iter().rposition(|f| name_of(f) == name.as_bytes());
        if let Some(at) = at {
            out.extend(form.field(left.remove(at)));
        }
    }
    let last = form.field(&without_value(own));
    out.extend(last.strip_suffix(b"\r\n").unwrap_or(&last));
    out
}

/// A signature's field with the value of its tag `b` taken out.
fn without_value(field: &[u8]) -> Vec<u8> {
    let value = value_of(field);
    let head = field.len().saturating_sub(value.len());
    let mut out = field.get(..head).unwrap_or_default().to_vec();
    for (at, part) in value.split(|b| *b == b';').enumerate() {
        if at > 0 {
            out.push(b';');
        }
        let equals = part.iter().position(|b| *b == b'=');
        let name = equals.and_then(|at| part.get(..at)).unwrap_or_default();
        match (name.trim_ascii(), equals) {
            (b"b", Some(at)) => out.extend(part.get(..=at).unwrap_or_default()),
            _ => out.extend(part),
        }
    }
    out
}

/// A list of tags (RFC 6376, 3.2); what stands in it twice stands for nothing.
struct Tags(Vec<(String, String)>);

impl Tags {
    fn read(text: &str) -> Self {
        let pairs = text.split(';').filter_map(|part| part.split_once('='));
        let pairs = pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        Self(pairs.collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(n, _)| n == name);
        let first = found.next();
        first
            .filter(|_| found.next().is_none())
            .map(|(_, value)| value.as_str())
    }
}

/// Without the blanks that a value was folded with.
fn joined(text: &str) -> String {
    text.split_whitespace().collect()
}

fn small(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Whether a name can be asked of the DNS: letters, digits, hyphens, low lines, in labels.
fn is_name(name: &str) -> bool {
    let fine = |label: &str| {
        let sign = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(sign)
    };
    name.len() <= 253 && name.split('.').all(fine)
}

/// A mail with the line ends that it was sent with: a file of a Maildir has lost them.
fn with_crlf(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + mail.len() / 32);
    let mut before = 0;
    for byte in mail {
        if *byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(*byte);
        before = *byte;
    }
    out
}

/// The first line without its end, and what comes after it.
fn first_line(text: &[u8]) -> (&[u8], &[u8]) {
    let at = text.windows(2).position(|pair| pair == b"\r\n");
    let at = at.and_then(|at| Some((text.get(..at)?, text.get(at + 2..)?)));
    at.unwrap_or((text, &[]))
}

/// The header's fields, folded as they came and without their last line end; and the body.
fn split(mail: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut fields = Vec::new();
    let mut rest = mail;
    while !rest.is_empty() && !rest.starts_with(b"\r\n") {
        let mut length = first_line(rest).0.len();
        while let Some(after) = rest.get(length + 2..) {
            if !after.starts_with(b" ") && !after.starts_with(b"\t") {
                break;
            }
            length += 2 + first_line(after).0.len();
        }
        fields.push(rest.get(..length).unwrap_or_default());
        rest = rest.get(length + 2..).unwrap_or_default();
    }
    (fields, rest.strip_prefix(b"\r\n").unwrap_or_default())
}

fn name_of(field: &[u8]) -> Vec<u8> {
    let name = field.split(|b| *b == b':').next().unwrap_or_default();
    name.trim_ascii().to_ascii_lowercase()
}

fn value_of(field: &[u8]) -> &[u8] {
    let colon = field.iter().position(|b| *b == b':');
    colon.and_then(|at| field.get(at + 1..)).unwrap_or_default()
}

/// Unfolded, each run of blanks one blank.
fn spaced(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b'\r' | b'\n' => {}
            b' ' | b'\t' if out.last() == Some(&b' ') => {}
            b' ' | b'\t' => out.push(b' '),
            other => out.push(*other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_those_of_the_standard_s_example() {
        // RFC 6376, 3.4.5: the same mail in both forms.
        let mail = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let (fields, body) = split(mail);
        let shown = |form: Form| -> String {
            let head: Vec<u8> = fields.iter().flat_map(|f| form.field(f)).collect();
            String::from_utf8([head, form.body(body)].join(&b'|')).unwrap()
        };
        assert_eq!(shown(Form::Relaxed), "a:X\r\nb:Y Z\r\n| C\r\nD E\r\n");
        assert_eq!(
            shown(Form::Simple),
            "A: X\r\nB : Y\t\r\n\tZ  \r\n| C \r\nD \t E\r\n"
        );
        assert_eq!(Form::Simple.body(b""), b"\r\n");
        assert_eq!(Form::Relaxed.body(b"\r\n\r\n"), b"");
    }

    #[test]
    fn what_could_let_somebody_else_speak_is_no_signature() {
        let whole = "v=1; a=rsa-sha256; d=finder.example; s=a; h=From:To; bh=AA==; b=A\r\n A==";
        let check = |change: (&str, &str), more: &str, holds: bool| {
            let tags = whole.replace(change.0, change.1);
            let mail = format!("DKIM-Signature: {tags}\r\nFrom: fin@finder.example\r\n{more}\r\nx");
            let found = signed_mail(mail.as_bytes());
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].is_ok(), holds, "{tags} {more}: {found:?}");
        };
        check(("", ""), "", true);
        check(("v=1", "v=2"), "", false);
        check(("sha256", "sha1"), "", false);
        check(("b=A", "l=1; b=A"), "", false);
        check(("From:To", "To"), "", false);
        check(("s=a", "s=a; i=x@evil.example"), "", false);
        check(("s=a", "s=a; i=x@mail.finder.example"), "", true);
        check(("s=a", "s=../a"), "", false);
        check(("s=a", "s=a; s=b"), "", false);
        check(("", ""), "From: eve@evil.example\r\n", false);
    }

    #[test]
    fn a_key_says_what_it_is_for() {
        let is_key = |text| matches!(mail_key(text), KeyRecord::Key { .. });
        for good in [
            "p=AA==",
            "v=DKIM1; k=ed25519; p=A A==",
            "s=email:*; h=sha1:sha256; p=AA==",
        ] {
            assert!(is_key(good), "{good}");
        }
        for none in [
            "v=DKIM1; p=",
            "k=dsa; p=AA==",
            "t=y:s; p=AA==",
            "h=sha1; p=AA==",
            "s=web; p=AA==",
            "v=spf1 -all",
        ] {
            assert!(!is_key(none), "{none}");
        }
        assert!(matches!(
            mail_key("t=s; p=AA=="),
            KeyRecord::Key { strict: true, .. }
        ));
    }

    #[test]
    fn any_bytes_are_read_without_harm() {
        use proptest::prelude::*;
        let text = "(DKIM-Signature|From|[a-z]{1,3})?[:;= \\r\\n\\tbvdsh1]{0,40}";
        let mails = prop::collection::vec(text, 0..8);
        proptest!(|(parts in mails)| {
            let mail = parts.concat();
            let found = signed_mail(mail.as_bytes());
            prop_assert!(found.len() <= MOST);
        });
    }
}
