//! What a bucket answers: lists of names (`ListObjectsV2`) and errors.

use quick_xml::Reader;
use quick_xml::events::Event;

/// One answer of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Whole names and lengths.
    pub(super) files: Vec<(String, u64)>,
    /// What asks for the next page.
    pub(super) next: Option<String>,
}

/// A list that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the storage's list of names cannot be understood")]
pub(super) struct Unread;

impl Page {
    pub(super) fn read(text: &[u8]) -> Result<Self, Unread> {
        let mut page = Self::default();
        let (mut key, mut size, mut token, mut more) = (None, None, None, false);
        each(text, |element, said| {
            match (element, said) {
                ("Key", Some(said)) => key = Some(said.to_owned()),
                ("Size", Some(said)) => size = said.parse().ok(),
                ("IsTruncated", Some(said)) => more = said == "true",
                ("NextContinuationToken", Some(said)) => token = Some(said.to_owned()),
                ("Contents", _) => page.files.push(key.take().zip(size.take())?),
                _ => {}
            }
            Some(())
        })?;
        page.next = token.filter(|_| more);
        if more && page.next.is_none() {
            return Err(Unread);
        }
        Ok(page)
    }
}

/// The code of an error's answer, such as `AccessDenied`.
pub(super) fn code(text: &[u8]) -> Option<String> {
    let mut code = None;
    let heard = |element: &str, said: Option<&str>| {
        if element == "Code" {
            code = said.map(str::to_owned);
        }
        Some(())
    };
    each(text, heard).ok()?;
    code.filter(|code| code.len() < 64 && code.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Goes through a document: each element's name at its end, with its text where it has nothing but text. None says that
/// something is missing in it.
fn each(
    text: &[u8],
    mut ended: impl FnMut(&str, Option<&str>) -> Option<()>,
) -> Result<(), Unread> {
    let text = std::str::from_utf8(text).map_err(|_| Unread)?;
    let mut reader = Reader::from_str(text);
    let mut within = String::new();
    let mut buffer = String::new();
    let mut depth = 0_usize;
    let mut is_begun = false;
    loop {
        match reader.read_event().map_err(|_| Unread)? {
            Event::Start(start) => {
                within = start.local_name().into_inner().to_owned();
                buffer.clear();
                depth += 1;
                is_begun = true;
            }
            Event::Text(text) => buffer.push_str(&text.into_inner()),
            Event::GeneralRef(name) => {
                buffer.push_str(quick_xml::escape::resolve_xml_entity(&name).ok_or(Unread)?);
            }
            Event::End(end) => {
                let name = end.local_name().into_inner().to_owned();
                let said = (name == within).then_some(buffer.as_str());
                ended(&name, said).ok_or(Unread)?;
                within.clear();
                depth = depth.saturating_sub(1);
            }
            Event::Eof if is_begun && depth == 0 => return Ok(()),
            // Lists are as large as there are names; a type definition, a picture of one, or an end before the end is no list.
            Event::Eof | Event::DocType(_) | Event::CData(_) => return Err(Unread),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>x/data/</Prefix>
<IsTruncated>true</IsTruncated><NextContinuationToken>a/b+c==</NextContinuationToken>
<Contents><Key>x/data/ab/abcd</Key><ETag>&quot;1&quot;</ETag><Size>12</Size><Owner><ID>1</ID></Owner></Contents>
<Contents><Key>x/data/&amp;</Key><Size>0</Size></Contents></ListBucketResult>"#;

    #[test]
    fn a_list_is_read_whole_or_not_at_all() {
        let page = Page::read(LIST.as_bytes()).unwrap();
        assert_eq!(
            page.files,
            [
                ("x/data/ab/abcd".to_owned(), 12),
                ("x/data/&".to_owned(), 0)
            ]
        );
        assert_eq!(page.next.as_deref(), Some("a/b+c=="));
        let end = LIST.len();
        for cut in 1..end {
            assert!(Page::read(&LIST.as_bytes()[..cut]).is_err(), "{cut}");
        }
        for wrong in [
            LIST.replace("<Size>12</Size>", ""),
            LIST.replace("<NextContinuationToken>a/b+c==</NextContinuationToken>", ""),
            LIST.replace("<Size>12<", "<Size>-1<"),
        ] {
            assert!(Page::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_error_s_code_is_found() {
        let error = b"<Error><Code>AccessDenied</Code><Message>No <b>Code</b></Message></Error>";
        assert_eq!(code(error).as_deref(), Some("AccessDenied"));
        assert_eq!(code(b"<html>"), None);
        assert_eq!(code(b"<Error><Code>a b</Code></Error>"), None);
    }
}
