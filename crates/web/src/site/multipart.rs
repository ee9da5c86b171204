//! `multipart/form-data` (RFC 7578), as browsers write it: fields as text, and files. Read strictly; what a file is said to be is
//! passed on as text, and decides nothing.

use std::fmt;

use bytes::Bytes;

use super::FormProblem;

/// A form has at most so many parts.
const MOST_PARTS: usize = 300;
/// The lines before a part's content are at most this long, in bytes.
const LONGEST_HEAD: usize = 4_096;
/// All fields that are text are together at most this long, in bytes.
const LONGEST_TEXT: usize = 512 * 1024;

/// A file that came with a form.
#[derive(Clone)]
pub struct Upload {
    pub(super) field: String,
    /// What it was called where it came from, without the folders; people may read it, nothing is decided by it.
    pub name: String,
    /// What its sender says that it is: any text.
    pub kind: String,
    /// What is in it.
    pub bytes: Bytes,
}

impl fmt::Debug for Upload {
    /// Neither its name nor what is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upload {{ bytes: {} }}", self.bytes.len())
    }
}

/// What a form said.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) fields: Vec<(String, String)>,
    /// In order; a field in which none was chosen has none.
    pub(super) files: Vec<Upload>,
}

/// Reads a body whose `Content-Type` is `kind`.
pub(super) fn parse(kind: &str, body: &Bytes) -> Result<Parts, FormProblem> {
    let boundary = boundary(kind).ok_or(FormProblem::Unreadable)?;
    let between = [b"\r\n--", boundary.as_bytes()].concat();
    // The first boundary stands at the beginning, without the line end before it.
    let first = between.get(2..).unwrap_or_default();
    let mut rest = body.strip_prefix(first).ok_or(FormProblem::Unreadable)?;
    let (mut parts, mut count, mut text) = (Parts::default(), 0, 0);
    while !rest.starts_with(b"--") {
        count += 1;
        let part = rest.strip_prefix(b"\r\n").ok_or(FormProblem::Unreadable)?;
        let end = place(part, &between).ok_or(FormProblem::Unreadable)?;
        let (part, after) = part.split_at_checked(end).ok_or(FormProblem::Unreadable)?;
        rest = after.get(between.len()..).unwrap_or_default();
        if count > MOST_PARTS {
            return Err(FormProblem::TooLong);
        }
        let (head, content) = Head::of(part).ok_or(FormProblem::Unreadable)?;
        match head.file {
            // An empty field for a file: none was chosen.
            Some(name) if name.is_empty() && content.is_empty() => {}
            Some(name) => parts.files.push(Upload {
                field: head.name,
                name,
                kind: head.kind,
                bytes: body.slice_ref(content),
            }),
            None => {
                text += content.len();
                if text > LONGEST_TEXT {
                    return Err(FormProblem::TooLong);
                }
                let value = std::str::from_utf8(content).map_err(|_| FormProblem::Unreadable)?;
                parts.fields.push((head.name, value.to_owned()));
            }
        }
    }
    Ok(parts)
}

/// The boundary that a content type names (RFC 2046, 5.1.1).
fn boundary(kind: &str) -> Option<&str> {
    let mut said = kind.split(';').skip(1).filter_map(|one| {
        let (name, value) = one.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("boundary")
            .then_some(value)
    });
    let value = said.next()?.trim();
    let value = value
        .strip_prefix('"')
        .and_then(|v| v.strip_suffix('"'))
        .unwrap_or(value);
    let fits = (1..=70).contains(&value.len())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&b));
    (fits && said.next().is_none()).then_some(value)
}

/// Where something first stands.
fn place(all: &[u8], wanted: &[u8]) -> Option<usize> {
    let start = *wanted.first()?;
    let mut from = 0;
    loop {
        let rest = all.get(from..)?;
        let at = from + rest.iter().position(|b| *b == start)?;
        if all.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// What stands before a part's content.
struct Head {
    name: String,
    /// The file's name, where the part is a file.
    file: Option<String>,
    /// What the part is said to be.
    kind: String,
}

impl Head {
    /// The head of a part, and its content.
    fn of(part: &[u8]) -> Option<(Self, &[u8])> {
        let end = place(part.get(..part.len().min(LONGEST_HEAD))?, b"\r\n\r\n")?;
        let (head, content) = part.split_at_checked(end)?;
        let head = std::str::from_utf8(head).ok()?;
        let lines = |wanted: &'static str| {
            head.split("\r\n").filter_map(move |line| {
                let (name, value) = line.split_once(':')?;
                let same = name.trim().eq_ignore_ascii_case(wanted);
                same.then_some(value.trim())
            })
        };
        let mut said = lines("content-disposition");
        let value = said.next()?;
        if said.next().is_some() {
            return None;
        }
        let mut rest = value.strip_prefix("form-data")?;
        let (mut name, mut file) = (None, None);
        while !rest.is_empty() {
            let (key, after) = rest.strip_prefix(';')?.trim_start().split_once("=\"")?;
            let (value, after) = after.split_once('"')?;
            rest = after.trim_start();
            let place = match key {
                "name" => &mut name,
                "filename" => &mut file,
                _ => continue,
            };
            if place.replace(unescaped(value)).is_some() {
                return None;
            }
        }
        let file = file.map(|path: String| {
            let last = path.rsplit(['/', '\\']).next();
            last.unwrap_or_default().to_owned()
        });
        let kind = lines("content-type").next().unwrap_or_default().to_owned();
        let name = name?;
        Some((Self { name, file, kind }, content.get(4..)?))
    }
}

/// The three characters that browsers escape in a name (HTML, multipart/form-data encoding).
fn unescaped(text: &str) -> String {
    text.replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%22", "\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KIND: &str = "multipart/form-data; boundary=--xyz";

    fn read(body: &str) -> Result<Parts, FormProblem> {
        parse(KIND, &Bytes::copy_from_slice(body.as_bytes()))
    }

    fn part(head: &str, content: &str) -> String {
        format!("----xyz\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
    }

    #[test]
    fn fields_and_the_file_come_apart() {
        let body = [
            part("name=\"csrf\"", "abc"),
            part(
                "name=\"file\"; filename=\"C:\\scans\\a;b %22c%22.pdf\"\r\nContent-Type: text/html",
                "%PDF-1.7\r\n--xyz\r\n\r\n",
            ),
            part("name=\"title\"", "Grüße\r\nzwei"),
            part("name=\"none\"; filename=\"\"", ""),
            "----xyz--\r\n".to_owned(),
        ]
        .concat();
        let found = read(&body).unwrap();
        let fields: Vec<(&str, &str)> = found
            .fields
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(fields, [("csrf", "abc"), ("title", "Grüße\r\nzwei")]);
        let [file] = found.files.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(
            (file.field.as_str(), file.name.as_str(), file.kind.as_str()),
            ("file", "a;b \"c\".pdf", "text/html")
        );
        assert_eq!(file.bytes, "%PDF-1.7\r\n--xyz\r\n\r\n");
        assert!(!format!("{file:?}").contains("pdf"));
    }

    #[test]
    fn what_is_no_form_of_a_browser_is_refused() {
        let whole = |inner: &str| [inner, "----xyz--"].concat();
        for (body, problem) in [
            (String::new(), FormProblem::Unreadable),
            ("no boundary".into(), FormProblem::Unreadable),
            (part("name=\"a\"", "not closed"), FormProblem::Unreadable),
            (whole("----xyz\r\n\r\nno head\r\n"), FormProblem::Unreadable),
            (whole(&part("filename=\"b\"", "c")), FormProblem::Unreadable),
            (
                whole(&part("name=\"a\"; name=\"b\"", "c")),
                FormProblem::Unreadable,
            ),
            (whole(&part("name=a", "c")), FormProblem::Unreadable),
            (
                whole(&part("name=\"a\"", "b").repeat(301)),
                FormProblem::TooLong,
            ),
            (
                whole(&part("name=\"a\"", &"b".repeat(LONGEST_TEXT + 1))),
                FormProblem::TooLong,
            ),
        ] {
            assert_eq!(
                read(&body).err(),
                Some(problem),
                "{}",
                body.get(..80).unwrap_or(&body)
            );
        }
        let body = Bytes::from_static(b"--\"x\r\n");
        for kind in [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=a; boundary=b",
            "multipart/form-data; boundary=\"a b\"",
        ] {
            assert!(parse(kind, &body).is_err(), "{kind}");
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_it_fall(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(KIND, &Bytes::from([b"----xyz\r\n".as_slice(), &bytes].concat()));
        }

        #[test]
        fn a_file_comes_whole_whatever_is_in_it(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let head = b"----xyz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n\r\n";
            let body = Bytes::from([head.as_slice(), &bytes, b"\r\n----xyz--"].concat());
            prop_assume!(!bytes.windows(9).any(|w| w == b"\r\n----xyz"));
            prop_assert_eq!(&parse(KIND, &body).unwrap().files[0].bytes, &bytes);
        }
    }
}
