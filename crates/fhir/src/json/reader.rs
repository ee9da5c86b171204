//! Reading JSON: one pass, one allocation for each object and array.

use std::borrow::Cow;
use std::collections::HashSet;

use compact_str::CompactString;

use super::scan::plain_prefix;
use crate::read_error::{Fail, Problem, ReadError};
use crate::{MAX_DEPTH, Number, Object, Value};

type Parsed<T> = Result<T, Box<Fail>>;

/// Objects with more members than this look for duplicates in a hash set (keyed at random, so that nobody can choose
/// colliding names).
const MANY_MEMBERS: usize = 64;

/// Values allowed whatever the document's size, and the bytes that each further one must bring. A value costs up to 56
/// bytes of memory; FHIR JSON has some twenty bytes for each, `[1,1,1,…]` has two.
const FREE_VALUES: usize = 100_000;
const BYTES_PER_VALUE: usize = 8;

/// Reads one JSON document: RFC 8259 in UTF-8, a byte-order mark tolerated, no duplicate member names, at most
/// [`MAX_DEPTH`] levels, memory at most in proportion to the size.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn read(bytes: &[u8]) -> Result<Value, ReadError> {
    let (text, broken) = match str::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(e) => {
            let good = bytes.get(..e.valid_up_to()).unwrap_or_default();
            (str::from_utf8(good).unwrap_or_default(), Some(good.len()))
        }
    };
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        values_left: FREE_VALUES + bytes.len() / BYTES_PER_VALUE,
        members: Vec::with_capacity(64),
        items: Vec::with_capacity(16),
    };
    let mut result = reader.document();
    if let Some(end) = broken {
        // What was read up to the bad byte tells its path, unless something else is wrong before it.
        result = match result {
            Err(fail) => Err(fail.instead_at_end(Problem::NotUtf8, end)),
            Ok(_) => Err(Fail::new(Problem::NotUtf8, end)),
        };
    }
    result.map_err(|fail| {
        let mut members = reader.members.iter();
        let root = members.find(|(name, _)| !fail.is_in_array() && name == "resourceType");
        fail.finish(bytes, root.and_then(|(_, ty)| ty.as_str()))
    })
}

/// Whether the text is a JSON number, which FHIR's decimals and integers are, too.
pub(crate) fn is_number(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    starts && matches!(read(text.trim_end().as_bytes()), Ok(Value::Number(n)) if n.as_str() == text)
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    values_left: usize,
    /// Members of the objects that are still open, outermost first.
    members: Vec<(CompactString, Value)>,
    /// Items of the arrays that are still open.
    items: Vec<Value>,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Parsed<Value> {
        if self.bytes.starts_with(b"\xEF\xBB\xBF") {
            self.at = 3;
        }
        if self.next_token().is_none() {
            return self.fail(Problem::Empty);
        }
        let value = self.value(0)?;
        match self.next_token() {
            None => Ok(value),
            Some(_) => self.fail(Problem::Trailing),
        }
    }

    #[cold]
    fn fail<T>(&self, problem: Problem) -> Parsed<T> {
        Err(Fail::new(problem, self.at))
    }

    /// What is wrong when `what` is missing here.
    #[cold]
    fn expected<T>(&self, what: &'static str) -> Parsed<T> {
        if self.at >= self.bytes.len() {
            self.fail(Problem::Unfinished)
        } else {
            self.fail(Problem::Expected(what))
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over white space; the byte that follows it.
    #[inline]
    fn next_token(&mut self) -> Option<u8> {
        loop {
            let byte = self.peek()?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// The value that starts here; white space before it has been stepped over.
    fn value(&mut self, depth: usize) -> Parsed<Value> {
        match self.values_left.checked_sub(1) {
            Some(left) => self.values_left = left,
            None => return self.fail(Problem::TooMany),
        }
        match self.peek() {
            Some(b'"') => self.string().map(|s| Value::String(CompactString::from(s))),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => self.expected("a value"),
        }
    }

    fn word(&mut self, word: &'static str, value: Value) -> Parsed<Value> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        if word.as_bytes().starts_with(rest) {
            self.at = self.bytes.len();
        }
        self.expected("a value")
    }

    fn object(&mut self, depth: usize) -> Parsed<Value> {
        if depth > MAX_DEPTH {
            return self.fail(Problem::TooDeep);
        }
        self.at += 1;
        let start = self.members.len();
        let mut seen = Seen::default();
        if self.next_token() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(Object::new()));
        }
        loop {
            if self.peek() != Some(b'"') {
                return self.expected("a member name in quotes");
            }
            let name_at = self.at;
            let name = self.string()?;
            let open = self.members.get(start..).unwrap_or_default();
            if seen.again(&name, open) {
                let name = CompactString::from(name);
                return Err(
                    Fail::new(Problem::Duplicate(name.clone()), name_at).within_member(&name)
                );
            }
            if self.next_token() != Some(b':') {
                return self.expected("a colon");
            }
            self.at += 1;
            self.next_token();
            let own = self.members.len();
            match self.value(depth) {
                Ok(value) => self.members.push((CompactString::from(name), value)),
                Err(fail) => {
                    // In the end only the outermost object's members are left, for its `resourceType`.
                    self.members.truncate(own);
                    return Err(fail.within_member(&name));
                }
            }
            match self.next_token() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return self.expected("a comma or the end of the object"),
            }
            if self.next_token() == Some(b'}') {
                return self.fail(Problem::DanglingComma);
            }
        }
        self.at += 1;
        Ok(Value::Object(Object::from_members(
            self.members.split_off(start),
        )))
    }

    fn array(&mut self, depth: usize) -> Parsed<Value> {
        if depth > MAX_DEPTH {
            return self.fail(Problem::TooDeep);
        }
        self.at += 1;
        let start = self.items.len();
        if self.next_token() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(Vec::new()));
        }
        loop {
            let own = self.items.len();
            match self.value(depth) {
                Ok(value) => self.items.push(value),
                Err(fail) => return Err(fail.within_index(own - start)),
            }
            match self.next_token() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return self.expected("a comma or the end of the array"),
            }
            if self.next_token() == Some(b']') {
                return self.fail(Problem::DanglingComma);
            }
        }
        self.at += 1;
        Ok(Value::Array(self.items.split_off(start)))
    }

    /// The string whose opening quote is here.
    #[inline]
    fn string(&mut self) -> Parsed<Cow<'a, str>> {
        self.at += 1;
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        self.at += plain_prefix(rest);
        if self.peek() == Some(b'"') {
            // Both ends stand beside ASCII, so this is a slice of the text.
            let text = self.text.get(start..self.at).unwrap_or_default();
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        self.string_with_escapes(start)
    }

    #[cold]
    fn string_with_escapes(&mut self, start: usize) -> Parsed<Cow<'a, str>> {
        let mut text = String::new();
        let mut from = start;
        loop {
            text.push_str(self.text.get(from..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return self.fail(Problem::Control),
                None => return self.fail(Problem::Unfinished),
            }
            from = self.at;
            self.at += plain_prefix(self.bytes.get(from..).unwrap_or_default());
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        let start = self.at;
        self.at += 1;
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(start),
            Some(_) => return Err(Fail::new(Problem::Escape, start)),
            None => return self.fail(Problem::Unfinished),
        };
        self.at += 1;
        Ok(c)
    }

    /// `\u` is at `start`, `u` here.
    fn unicode_escape(&mut self, start: usize) -> Parsed<char> {
        self.at += 1;
        let first = self.four_digits(start)?;
        let code = match first {
            0xD800..=0xDBFF => {
                let pair = self.bytes.get(self.at..).unwrap_or_default();
                if !pair.starts_with(b"\\u") {
                    return Err(Fail::new(Problem::LoneSurrogate, start));
                }
                self.at += 2;
                let second = self.four_digits(start)?;
                if !(0xDC00..=0xDFFF).contains(&second) {
                    return Err(Fail::new(Problem::LoneSurrogate, start));
                }
                0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
            _ => first,
        };
        char::from_u32(code).ok_or_else(|| Fail::new(Problem::LoneSurrogate, start))
    }

    fn four_digits(&mut self, start: usize) -> Parsed<u32> {
        let digits = self
            .bytes
            .get(self.at..self.at + 4)
            .ok_or_else(|| Fail::new(Problem::Unfinished, self.bytes.len()))?;
        let mut code = 0;
        for digit in digits {
            let digit = char::from(*digit)
                .to_digit(16)
                .ok_or_else(|| Fail::new(Problem::Escape, start))?;
            code = code * 16 + digit;
        }
        self.at += 4;
        Ok(code)
    }

    fn number(&mut self) -> Parsed<Value> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits(start)?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits(start)?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits(start)?;
        }
        if let Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'+' | b'-' | b'_') =
            self.peek()
        {
            return Err(Fail::new(Problem::Number, start));
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        Ok(Value::Number(Number::from_json_text(text)))
    }

    /// At least one digit.
    fn digits(&mut self, start: usize) -> Parsed<()> {
        let from = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        match self.peek() {
            _ if self.at > from => Ok(()),
            Some(_) => Err(Fail::new(Problem::Number, start)),
            None => self.fail(Problem::Unfinished),
        }
    }
}

/// The names of one object so far.
#[derive(Default)]
struct Seen {
    /// One bit for each length and letters that occurred: a clear bit means that the name is new.
    bloom: u64,
    many: HashSet<CompactString>,
}

impl Seen {
    /// Notes the name; whether it occurred before. `open` are the members so far.
    #[inline]
    fn again(&mut self, name: &str, open: &[(CompactString, Value)]) -> bool {
        let bytes = name.as_bytes();
        let first = bytes.first().copied().unwrap_or(0);
        let last = bytes.last().copied().unwrap_or(0);
        let mix = bytes.len() + usize::from(first) * 7 + usize::from(last) * 13;
        let bit = 1_u64 << (mix % 64);
        let maybe = self.bloom & bit != 0;
        self.bloom |= bit;
        if open.len() < MANY_MEMBERS {
            return maybe && open.iter().any(|(n, _)| n == name);
        }
        if self.many.is_empty() {
            self.many.extend(open.iter().map(|(n, _)| n.clone()));
        }
        !self.many.insert(CompactString::new(name))
    }
}
