//! Text to tokens.

use rust_decimal::Decimal;

use super::ParseError;
use super::temporal::Stamp;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// An identifier; `true` when it was written between backticks.
    Name(Box<str>, bool),
    String(Box<str>),
    Integer(i64),
    Decimal(Decimal),
    Date(Stamp),
    DateTime(Stamp),
    Time(Stamp),
    /// `%name`
    Variable(Box<str>),
    /// `$this`, `$index`, `$total`
    Dollar(Box<str>),
    /// Operators and brackets.
    Sign(&'static str),
}

/// A token and the byte it starts at.
#[derive(Clone, Debug)]
pub(super) struct Spanned {
    pub(super) token: Token,
    pub(super) at: usize,
}

const SIGNS: [&str; 24] = [
    "!=", "!~", "<=", ">=", "(", ")", "[", "]", "{", "}", ".", ",", "=", "~", "<", ">", "+", "-",
    "*", "/", "|", "&", ":", ";",
];

pub(super) fn tokens(text: &str) -> Result<Vec<Spanned>, ParseError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut out = Vec::new();
    loop {
        lexer.skip_blank()?;
        let at = lexer.at;
        match lexer.next()? {
            Some(token) => out.push(Spanned { token, at }),
            None => return Ok(out),
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn bad(&self, what: &'static str) -> ParseError {
        ParseError::Syntax { at: self.at, what }
    }

    fn skip_blank(&mut self) -> Result<(), ParseError> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find(['\n', '\r']).unwrap_or(trimmed.len());
            } else if let Some(inside) = trimmed.strip_prefix("/*") {
                let end = inside
                    .find("*/")
                    .ok_or_else(|| self.bad("a comment without end"))?;
                self.at += end + 4;
            } else {
                return Ok(());
            }
        }
    }

    fn next(&mut self) -> Result<Option<Token>, ParseError> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        let token = match first {
            '\'' => Token::String(self.quoted('\'')?),
            '`' => Token::Name(self.quoted('`')?, true),
            '@' => self.moment()?,
            '%' => {
                self.at += 1;
                Token::Variable(self.variable_name()?)
            }
            '$' => {
                self.at += 1;
                Token::Dollar(self.word().into())
            }
            '0'..='9' => self.number()?,
            'A'..='Z' | 'a'..='z' | '_' => Token::Name(self.word().into(), false),
            _ => Token::Sign(self.sign()?),
        };
        Ok(Some(token))
    }

    fn sign(&mut self) -> Result<&'static str, ParseError> {
        let rest = self.rest();
        let sign = SIGNS
            .into_iter()
            .find(|s| rest.starts_with(s))
            .ok_or_else(|| self.bad("a character that begins nothing"))?;
        self.at += sign.len();
        Ok(sign)
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn word(&mut self) -> &'t str {
        self.take_while(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    fn variable_name(&mut self) -> Result<Box<str>, ParseError> {
        match self.rest().chars().next() {
            Some('`') => self.quoted('`'),
            Some('\'') => self.quoted('\''),
            _ => {
                let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
                if word.is_empty() {
                    return Err(self.bad("a variable without a name"));
                }
                Ok(word.into())
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Box<str>, ParseError> {
        self.at += 1;
        let mut out = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((i, c)) = chars.next() {
            if c == quote {
                self.at += i + 1;
                return Ok(out.into_boxed_str());
            }
            if c != '\\' {
                out.push(c);
                continue;
            }
            match chars.next().map(|(_, c)| c) {
                Some('u') => out.push(
                    unicode(&mut chars)
                        .ok_or_else(|| self.bad("a \\u escape needs four hexadecimal digits"))?,
                ),
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('f') => out.push('\u{c}'),
                Some(c @ ('\\' | '/' | '\'' | '"' | '`')) => out.push(c),
                // The definitions of R4 write patterns with escapes that the grammar does not know: `\d` stays `\d`.
                Some(c) => {
                    out.push('\\');
                    out.push(c);
                }
                None => break,
            }
        }
        Err(self.bad("a string without end"))
    }

    fn number(&mut self) -> Result<Token, ParseError> {
        let start = self.at;
        self.take_while(|c| c.is_ascii_digit());
        let mut after = self.rest().chars();
        let decimal = after.next() == Some('.') && after.next().is_some_and(|c| c.is_ascii_digit());
        if decimal {
            self.at += 1;
            self.take_while(|c| c.is_ascii_digit());
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if decimal {
            let value = Decimal::from_str_exact(text)
                .map_err(|_| self.bad("a number that does not fit"))?;
            Ok(Token::Decimal(value))
        } else {
            let value = text
                .parse()
                .map_err(|_| self.bad("a number that does not fit"))?;
            Ok(Token::Integer(value))
        }
    }

    /// `@2015-02-04`, `@2015-02T`, `@2015-02-04T14:34:28.123+10:00`, `@T14:34`.
    fn moment(&mut self) -> Result<Token, ParseError> {
        self.at += 1;
        let start = self.at;
        let bad = ParseError::Syntax {
            at: start,
            what: "a date or time that is not one",
        };
        let is_time = self.rest().starts_with('T');
        let mut has_time = is_time;
        if !is_time {
            self.digits();
            for _ in 0..2 {
                self.part('-');
            }
            has_time = self.rest().starts_with('T');
        }
        let text_end = self.at;
        if has_time {
            self.at += 1;
            self.digits();
            for _ in 0..2 {
                self.part(':');
            }
            self.part('.');
            if !is_time {
                self.offset();
            }
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        let stamp = if is_time {
            Stamp::time(text.get(1..).unwrap_or_default()).map(Token::Time)
        } else if has_time {
            let bare = self.text.get(start..text_end).unwrap_or_default();
            let text = if text.len() == bare.len() + 1 {
                bare
            } else {
                text
            };
            Stamp::date_time(text).map(Token::DateTime)
        } else {
            Stamp::date(text).map(Token::Date)
        };
        stamp.ok_or(bad)
    }

    fn digits(&mut self) {
        self.take_while(|c| c.is_ascii_digit());
    }

    fn part(&mut self, separator: char) {
        let mut after = self.rest().chars();
        if after.next() == Some(separator) && after.next().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
            self.digits();
        }
    }

    fn offset(&mut self) {
        let rest = self.rest();
        if rest.starts_with('Z') {
            self.at += 1;
        } else if rest.starts_with(['+', '-'])
            && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
        {
            self.at += 1;
            self.digits();
            self.part(':');
        }
    }
}

fn unicode(chars: &mut std::str::CharIndices<'_>) -> Option<char> {
    let mut code = 0;
    for _ in 0..4 {
        code = code * 16 + chars.next()?.1.to_digit(16)?;
    }
    char::from_u32(code)
}
