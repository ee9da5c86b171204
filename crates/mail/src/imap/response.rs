//! What an IMAP server says (RFC 9051, 9): lines, some of which hold counted bytes.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use super::BoxError;

/// Longest line that is read, without the counted bytes in it.
const LONGEST_LINE: usize = 16_384;

/// A response: its text, and the first bytes that were counted in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) text: String,
    pub(super) literal: Option<Vec<u8>>,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Ok(String),
    /// NO or BAD, with the server's words.
    Not(String),
}

impl Response {
    /// Reads one; bytes that are counted beyond `most` are an error before any of them is read.
    pub(super) async fn read(
        from: &mut (impl AsyncBufRead + Unpin),
        most: usize,
    ) -> Result<Self, BoxError> {
        let mut response = Self::default();
        loop {
            let line = line(from).await?;
            let counted = counted(&line);
            response.text.push_str(&line);
            if response.text.len() > LONGEST_LINE {
                return Err(BoxError::Answer);
            }
            let Some(count) = counted else {
                return Ok(response);
            };
            if count > most {
                return Err(BoxError::Answer);
            }
            let mut bytes = Vec::new();
            let limit = u64::try_from(count).unwrap_or(u64::MAX);
            let read = (&mut *from).take(limit).read_to_end(&mut bytes).await?;
            if read != count {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            response.literal.get_or_insert(bytes);
        }
    }

    /// How the command of this tag ended; none, when this says something else.
    pub(super) fn ended(&self, tag: &str) -> Option<Ended> {
        let rest = self.text.strip_prefix(tag)?.strip_prefix(' ')?;
        let (word, told) = rest.split_once(' ').unwrap_or((rest, ""));
        if word.eq_ignore_ascii_case("OK") {
            return Some(Ended::Ok(printable(told)));
        }
        Some(Ended::Not(printable(rest)))
    }

    /// The number that stands behind a word: `UID 17`, `[UIDVALIDITY 5]`.
    pub(super) fn number(&self, after: &str) -> Option<u32> {
        let mut words = self
            .text
            .split(|c: char| c.is_ascii_whitespace() || "()[]".contains(c))
            .filter(|w| !w.is_empty());
        while let Some(word) = words.next() {
            if word.eq_ignore_ascii_case(after) {
                return words.next()?.parse().ok();
            }
        }
        None
    }

    /// Whether it tells of a mail: `* 12 FETCH (…)`.
    pub(super) fn is_fetch(&self) -> bool {
        let mut words = self.text.split_ascii_whitespace();
        let star = words.next() == Some("*");
        let number = words.next().is_some_and(|w| w.parse::<u32>().is_ok());
        star && number
            && words
                .next()
                .is_some_and(|w| w.eq_ignore_ascii_case("FETCH"))
    }
}

/// A line without its end.
async fn line(from: &mut (impl AsyncBufRead + Unpin)) -> Result<String, BoxError> {
    let mut line = Vec::new();
    let most = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
    (&mut *from).take(most).read_until(b'\n', &mut line).await?;
    if line.is_empty() {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    if !line.ends_with(b"\n") {
        return Err(BoxError::Answer);
    }
    let text = String::from_utf8_lossy(&line);
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// The count at the end of a line whose next bytes are counted: `{310}`.
fn counted(line: &str) -> Option<usize> {
    let inner = line.strip_suffix('}')?;
    let (_, digits) = inner.rsplit_once('{')?;
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().unwrap_or(usize::MAX))
}

/// A server's words as somebody may read them.
fn printable(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    async fn read(bytes: &[u8], most: usize) -> Result<Response, BoxError> {
        let mut from = bytes;
        Response::read(&mut from, most).await
    }

    #[tokio::test]
    async fn counted_bytes_belong_to_the_line_that_counts_them() {
        let wire =
            b"* 2 FETCH (UID 17 BODY[] {9}\r\nA: b\r\n\r\nx FLAGS (\\Seen))\r\nA3 OK done\r\n";
        let mut from = &wire[..];
        let first = Response::read(&mut from, 100).await.unwrap();
        assert!(first.is_fetch());
        assert_eq!(first.number("UID"), Some(17));
        assert_eq!(first.literal.as_deref(), Some(&b"A: b\r\n\r\nx"[..]));
        let last = Response::read(&mut from, 100).await.unwrap();
        assert_eq!(last.ended("A3"), Some(Ended::Ok("done".into())));
        assert_eq!(last.ended("A2"), None);
    }

    #[tokio::test]
    async fn more_bytes_than_were_asked_for_are_not_read() {
        let bomb = b"* 1 FETCH (BODY[] {99999999999999999999}\r\nx";
        assert!(matches!(read(bomb, 1000).await, Err(BoxError::Answer)));
        assert!(matches!(
            read(b"* 1 {1001}\r\n", 1000).await,
            Err(BoxError::Answer)
        ));
        let endless = vec![b'a'; LONGEST_LINE * 2];
        assert!(matches!(read(&endless, 1000).await, Err(BoxError::Answer)));
        assert!(matches!(
            read(b"* 1 {5}\r\nabc", 9).await,
            Err(BoxError::Io(_))
        ));
    }

    proptest! {
        #[test]
        fn nothing_that_a_server_says_breaks_the_reader(text in "(.|\r|\n|\\{[0-9]{1,4}\\}){0,60}") {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            if let Ok(response) = runtime.block_on(read(text.as_bytes(), 100)) {
                let _ = (response.ended("A1"), response.number("UID"), response.is_fetch());
            }
        }
    }
}
