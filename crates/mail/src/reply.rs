//! What a server answers.

/// Longest line and most lines that are read of a reply.
pub(crate) const LONGEST_LINE: usize = 1000;
pub(crate) const MOST_LINES: usize = 100;

/// A reply: three digits, and lines of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) lines: Vec<String>,
}

/// One line of a reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ReplyLine<'a> {
    pub(crate) code: u16,
    /// Whether it is the last.
    pub(crate) last: bool,
    pub(crate) text: &'a str,
}

impl<'a> ReplyLine<'a> {
    /// Reads a line without its end; none when it is no line of a reply.
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let (code, rest) = line.split_at_checked(3)?;
        let digits = code.bytes().all(|b| b.is_ascii_digit());
        let code: u16 = code
            .parse()
            .ok()
            .filter(|c| digits && (200..600).contains(c))?;
        let (last, text) = match rest.strip_prefix('-') {
            Some(text) => (false, text),
            None => (true, rest.strip_prefix(' ').unwrap_or(rest)),
        };
        (last || rest.starts_with('-')).then_some(Self { code, last, text })
    }
}

impl Reply {
    /// Whether it says yes (2xx), or go on (3xx).
    pub(crate) const fn is_good(&self) -> bool {
        self.code < 400
    }

    /// Whether trying the same again would be in vain (5xx).
    pub(crate) const fn is_final(&self) -> bool {
        self.code >= 500
    }

    /// Whether an answer to EHLO offers this, and with what words.
    pub(crate) fn offers(&self, keyword: &str) -> Option<Vec<String>> {
        self.lines.iter().skip(1).find_map(|line| {
            let mut words = line.split_ascii_whitespace();
            let first = words.next()?;
            first
                .eq_ignore_ascii_case(keyword)
                .then(|| words.map(str::to_ascii_uppercase).collect())
        })
    }

    /// The code and the first line, shortened and without control characters: for an administrator.
    pub(crate) fn told(&self) -> String {
        let first = self.lines.first().map_or("", String::as_str);
        let text: String = first
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect();
        format!("{} {text}", self.code).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_of_a_reply_is_a_code_and_whether_more_come() {
        let line = |text| ReplyLine::parse(text).map(|l| (l.code, l.last, l.text.to_owned()));
        assert_eq!(line("250-SIZE 100"), Some((250, false, "SIZE 100".into())));
        assert_eq!(line("250 OK"), Some((250, true, "OK".into())));
        assert_eq!(line("354"), Some((354, true, String::new())));
        for bad in ["", "25", "abc", "199 x", "600 x", "+25 x", "25é"] {
            assert_eq!(line(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_a_server_offers_is_found_by_its_word() {
        let lines = ["mail.example", "STARTTLS", "AUTH plain LOGIN"];
        let reply = Reply {
            code: 250,
            lines: lines.map(str::to_owned).to_vec(),
        };
        assert_eq!(reply.offers("starttls"), Some(vec![]));
        assert_eq!(
            reply.offers("AUTH"),
            Some(vec!["PLAIN".to_owned(), "LOGIN".to_owned()])
        );
        assert_eq!(
            reply.offers("mail.example"),
            None,
            "the greeting offers nothing"
        );
    }

    proptest! {
        #[test]
        fn no_line_breaks_the_reader(text in ".{0,40}") {
            let _ = ReplyLine::parse(&text);
        }
    }
}
